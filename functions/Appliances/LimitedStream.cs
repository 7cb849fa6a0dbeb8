namespace Rescan.Functions.Appliances;

/// <summary>An answer is larger than what is read of it.</summary>
internal sealed class AnswerTooLargeException() : IOException("The answer is too large.");

/// <summary>An answer is not encoded as its headers say.</summary>
internal sealed class AnswerUnreadableException(Exception inner) : IOException("The answer is not encoded as it says.", inner);

/// <summary>Reads at most so many bytes of another stream.</summary>
/// <param name="inner">The other stream.</param>
/// <param name="limit">How many.</param>
internal sealed class LimitedStream(Stream inner, long limit) : Stream
{
    private long left = limit;

    /// <inheritdoc/>
    public override bool CanRead => true;

    /// <inheritdoc/>
    public override bool CanSeek => false;

    /// <inheritdoc/>
    public override bool CanWrite => false;

    /// <inheritdoc/>
    public override long Length => throw new NotSupportedException();

    /// <inheritdoc/>
    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    /// <exception cref="AnswerTooLargeException">There is more.</exception>
    /// <exception cref="AnswerUnreadableException">It cannot be decompressed.</exception>
    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        int read;
        try
        {
            read = await inner.ReadAsync(buffer, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception e) when (e is InvalidDataException or InvalidOperationException)
        {
            throw new AnswerUnreadableException(e);
        }

        left -= read;
        return left >= 0 ? read : throw new AnswerTooLargeException();
    }

    /// <inheritdoc/>
    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    /// <inheritdoc/>
    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    /// <inheritdoc/>
    public override void SetLength(long value) => throw new NotSupportedException();

    /// <inheritdoc/>
    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    /// <inheritdoc/>
    public override void Flush()
    {
        // Nothing is written.
    }
}
