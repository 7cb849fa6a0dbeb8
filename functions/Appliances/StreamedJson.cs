using System.Buffers;
using System.IO.Pipelines;
using System.Text.Json;

namespace Rescan.Functions.Appliances;

/// <summary>Reads JSON token by token while it arrives, so that its size costs time and not memory.</summary>
internal abstract class StreamedJson
{
    // A text is scanned anew whenever more of it arrives, so one without end would cost the square of its length.
    private const int LongestText = 1024 * 1024;
    private const int BufferSize = 64 * 1024;

    /// <summary>The characters kept of a text that is no message.</summary>
    protected const int MaxWord = 64;

    private JsonReaderState state;

    /// <summary>The property whose value comes next; null where it does not matter.</summary>
    protected string? Property { get; set; }

    /// <summary>Reads to the end.</summary>
    /// <exception cref="JsonException">It is not JSON.</exception>
    /// <exception cref="AnswerTooLargeException">It holds a text that is longer than any message.</exception>
    public async Task ReadAsync(Stream stream, CancellationToken cancellationToken)
    {
        PipeReader pipe = PipeReader.Create(stream, new StreamPipeReaderOptions(bufferSize: BufferSize, leaveOpen: true));
        try
        {
            await ReadAsync(pipe, cancellationToken);
        }
        finally
        {
            await pipe.CompleteAsync();
        }
    }

    /// <summary>Takes a token.</summary>
    /// <returns>False when more of what it begins has to arrive first; then it comes again.</returns>
    protected abstract bool Take(ref Utf8JsonReader reader);

    /// <summary>Whether the value is that of a property, whatever the case of its name.</summary>
    protected bool Is(string name) => string.Equals(Property, name, StringComparison.OrdinalIgnoreCase);

    /// <summary>A text that can be stored, cut to a length.</summary>
    protected static string TextOf(ref Utf8JsonReader reader, int length) => StorableText.Clean(StorableText.Read(ref reader), length);

    private async Task ReadAsync(PipeReader pipe, CancellationToken cancellationToken)
    {
        bool first = true;
        bool isEmpty = true;
        while (true)
        {
            ReadResult read = await pipe.ReadAsync(cancellationToken);
            ReadOnlySequence<byte> buffer = read.Buffer;
            if (first && buffer.Length < JsonBody.Mark.Length && !read.IsCompleted)
            {
                pipe.AdvanceTo(buffer.Start, buffer.End);
                continue;
            }

            buffer = first ? JsonBody.WithoutMark(buffer) : buffer;
            first = false;
            isEmpty &= buffer.IsEmpty;
            if (read.IsCompleted)
            {
                if (!isEmpty || !buffer.IsEmpty)
                {
                    Take(buffer, isLast: true);
                }

                return;
            }

            SequencePosition consumed = Take(buffer, isLast: false);
            if (buffer.Slice(consumed).Length > LongestText)
            {
                throw new AnswerTooLargeException();
            }

            pipe.AdvanceTo(consumed, read.Buffer.End);
        }
    }

    private SequencePosition Take(ReadOnlySequence<byte> buffer, bool isLast)
    {
        Utf8JsonReader reader = new(buffer, isLast, state);
        Utf8JsonReader before = reader;
        while (reader.Read())
        {
            if (!Take(ref reader))
            {
                reader = before;
                break;
            }

            before = reader;
        }

        state = reader.CurrentState;
        return reader.Position;
    }
}
