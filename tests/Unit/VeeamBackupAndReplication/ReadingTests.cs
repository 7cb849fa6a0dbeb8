using System.IO.Pipelines;
using System.Text;
using System.Text.Json;
using Rescan.Functions.Appliances;
using Rescan.Functions.Appliances.VeeamBackupAndReplication;
using Rescan.Functions.Rescans;
using Rescan.Functions.Runs;
using Rescan.Functions.S3Events;
using Rescan.Functions.Storage;
using Rescan.Tests.Integration.Durability;
using Rescan.Tests.Integration.Runtime.Hosting;

namespace Rescan.Tests.Unit.VeeamBackupAndReplication;

/// <summary>What the server sends, as every kind shares it.</summary>
public sealed class ReadingTests
{
    [Theory]
    [InlineData("Starting", SessionState.Pending)]
    [InlineData("Working", SessionState.Running)]
    [InlineData("Idle", SessionState.Running)]
    [InlineData("ActionRequired", SessionState.Running)]
    [InlineData("Postprocessing", SessionState.Running)]
    [InlineData("Stopping", SessionState.Running)]
    [InlineData("Verifying", SessionState.Unknown)]
    [InlineData("Stopped", SessionState.Done)]
    public void Only_Stopped_is_an_end(string state, SessionState expected)
    {
        ApplianceSession session = SessionReader.Read(
            Json($$"""{"id":"s","state":"{{state}}","result":{"result":"Success"},"endTime":"2026-08-25T14:09:03-07:00"}"""));

        Assert.Equal((expected, state), (session.State, session.Status));
        Assert.Equal(expected, SessionReader.Read(Json($$"""{"id":"s","State":"{{state.ToUpperInvariant()}}"}""")).State);
        Assert.Equal(expected == SessionState.Done, session.Result is not null && session.StoppedAt is not null);
        Assert.Equal(state == "ActionRequired", session.Attention is not null);
    }

    [Theory]
    [InlineData("""{"result":"Success","isCanceled":false}""", Outcome.Succeeded, Outcome.Succeeded)]
    [InlineData("""{"result":"Warning"}""", Outcome.Warning, Outcome.Warning)]
    [InlineData("""{"result":"Failed","message":"No access.","isCanceled":false}""", Outcome.Failed, Outcome.Canceled)]
    [InlineData("""{"result":"Failed","isCanceled":true}""", Outcome.Canceled, Outcome.Canceled)]
    [InlineData("""{"result":"None"}""", Outcome.Failed, Outcome.Canceled)]
    [InlineData("""{"result":"Partial"}""", Outcome.Failed, Outcome.Canceled)]
    [InlineData("null", Outcome.Failed, Outcome.Canceled)]
    public void A_result_is_an_outcome_and_a_stop_that_was_asked_for_is_remembered(string result, Outcome outcome, Outcome stopped)
    {
        ApplianceSession session = SessionReader.Read(Json($$"""{"id":"s","state":"Stopped","result":{{result}}}"""));

        Assert.Equal(outcome, SessionOutcome.Of(session.Result!.Value, stopAsked: false));
        Assert.Equal(stopped, SessionOutcome.Of(session.Result!.Value, stopAsked: true));
    }

    [Theory]
    [InlineData("2026-08-25T14:09:03-07:00", "2026-08-25T21:09:03Z")]
    [InlineData("2026-08-25T14:09:03.08564-07:00", "2026-08-25T21:09:03.08564Z")]
    [InlineData("2026-08-25T14:09:03.0856412+02:00", "2026-08-25T12:09:03.0856412Z")]
    [InlineData("2026-08-25T14:09:03.1Z", "2026-08-25T14:09:03.1Z")]
    [InlineData("2026-08-25T14:09:03", "2026-08-25T14:09:03Z")]
    public void Times_have_an_offset_and_up_to_seven_digits(string text, string utc) => Assert.Equal(
        DateTimeOffset.Parse(utc, System.Globalization.CultureInfo.InvariantCulture),
        SessionReader.Read(Json($$"""{"id":"s","creationTime":"{{text}}"}""")).StartedAt);

    [Theory]
    [InlineData("""{"sessionType":"ConfigurationResynchronize","initiatedBy":"LAB\\svc"}""", SessionNature.Rescan)]
    [InlineData("""{"sessionType":"ConfigurationResynchronize","initiatedBy":"svc@lab.example"}""", SessionNature.Rescan)]
    [InlineData("""{"sessionType":"ConfigurationResynchronize","initiatedBy":"LAB\\administrator"}""", SessionNature.Ambiguous)]
    [InlineData("""{"sessionType":"ConfigurationResynchronize","initiatedBy":"OTHER\\svc"}""", SessionNature.Ambiguous)]
    [InlineData("""{"sessionType":"ConfigurationResynchronize"}""", SessionNature.Ambiguous)]
    [InlineData("""{"sessionType":"ConfigurationResynchronize","initiatedBy":""}""", SessionNature.Ambiguous)]
    [InlineData("""{"sessionType":"ConfigurationResynchronize","initiatedBy":"SYSTEM"}""", null)]
    [InlineData("""{"sessionType":"BackupJob","initiatedBy":"LAB\\svc"}""", null)]
    public void Only_what_the_apps_own_account_started_is_surely_a_rescan_of_the_app(string session, SessionNature? nature) =>
        Assert.Equal(nature, SessionReader.ReadCandidate(Json(session), @"LAB\svc")?.Nature);

    [Theory]
    [InlineData(1)]
    [InlineData(7)]
    [InlineData(100_000)]
    public async Task Log_records_are_told_apart_by_id_oldest_first_with_info_of_either_shape(int atOnce)
    {
        IReadOnlyList<SessionLogItem> log = await LogAsync(
            """
            {"totalRecords":4,"records":[
              {"id":3,"status":"Failed","startTime":"2026-08-25T14:09:05Z","title":"c","description":"why","additionalInfo":null},
              {"id":2,"status":"None","startTime":"2026-08-25T14:09:04Z","updateTime":"2026-08-25T14:09:04Z","title":"b","additionalInfo":"x"},
              {"id":2,"status":"Succeeded","startTime":"2026-08-25T14:09:04Z","updateTime":"2026-08-25T14:09:09Z","title":"b done","additionalInfo":[{"key":"n","value":"3"},["m","4"]]},
              {"id":1,"status":"Novel","startTime":"2026-08-25T14:09:03Z","title":"a","description":"a"}]}
            """, atOnce);

        Assert.Equal(
            [("Novel", "a"), (LogStatus.Success, "b done: n 3, m, 4"), (LogStatus.Error, "c: why")],
            log.Select(i => (i.Status, i.Message)));
    }

    [Theory]
    [InlineData("")]
    [InlineData("""{"totalRecords":0}""")]
    [InlineData("""{"records":null}""")]
    [InlineData("""{"records":{"id":1,"title":"no array"}}""")]
    [InlineData("""{"records":[{}, null, 1, "x", [[{"id":1,"title":"too deep"}]]]}""")]
    public async Task A_log_without_records_is_empty(string json) => Assert.Empty(await LogAsync(json, 100_000));

    [Fact]
    public async Task Records_without_an_id_are_ordered_by_their_start()
    {
        IReadOnlyList<SessionLogItem> log = await LogAsync(
            """{"records":[{"title":"b","startTime":"2026-08-25T14:09:05Z"},{"title":"a","startTime":"2026-08-25T14:09:04Z"},{"title":"b","startTime":"2026-08-25T14:09:05Z"}]}""",
            100_000);

        Assert.Equal(["a", "b", "b"], log.Select(i => i.Message));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Of_a_long_log_the_beginning_and_the_last_record_stay_whichever_way_it_is_listed(bool newestFirst)
    {
        int[] ids = [.. Enumerable.Range(1, 10_000)];
        IReadOnlyList<SessionLogItem> log = await LogAsync(
            JsonSerializer.Serialize(
                new { records = (newestFirst ? ids.Reverse() : ids).Select(id => new { id, title = $"record {id}" }) }), 100_000);

        Assert.Equal(SessionLogLimits.Items, log.Count);
        Assert.Equal(["record 1", "record 2"], log.Take(2).Select(i => i.Message));
        Assert.Equal(
            (LogStatus.Warning, "8001 items are left out here; the appliance has the whole log."), (log[^2].Status, log[^2].Message));
        Assert.Equal("record 10000", log[^1].Message);
    }

    [Fact]
    public async Task Of_long_messages_no_more_is_kept_than_can_be_stored()
    {
        IReadOnlyList<SessionLogItem> log = await LogAsync(
            JsonSerializer.Serialize(new { records = Enumerable.Range(1, 500).Select(id => new { id, title = new string('x', 9000) }) }),
            100_000);

        Assert.InRange(log.Sum(i => i.Message.Length), 1, SessionLogLimits.Characters);
        Assert.Contains("are left out here", log[^2].Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("""{"type":"AmazonS3","bucket":{"bucketName":"b","folderName":"f"}}""", "b", "f", false)]
    [InlineData("""{"type":"AzureBlob","container":{"containerName":"c","folderName":"f"}}""", "c", "f", false)]
    [InlineData("""{"type":"Novel","bucket":{"bucketName":"b"}}""", "b", null, false)]
    [InlineData("""{"type":"AmazonS3Glacier","bucket":{"bucketName":"b","folderName":"f"}}""", "b", "f", true)]
    [InlineData("""{"type":"AmazonS3External"}""", null, null, true)]
    [InlineData("""{"type":"WinLocal","repository":{"path":"C:\\Backup"}}""", null, null, true)]
    public void Runs_take_object_storage_and_leave_out_the_rest_unless_it_is_named(
        string json, string? bucket, string? folder, bool leftOut)
    {
        Repository repository = RepositoryItemReader.Read(Json(json)) with { Name = "One" };

        Assert.Equal((bucket, folder, leftOut), (repository.Bucket, repository.Folder, repository.LeftOutOfRuns is not null));
        Assert.Equal(!leftOut, new RunFilter(["*"], [], null, null).Takes(repository));
        Assert.True(new RunFilter(["one"], [], null, null).Takes(repository));
    }

    [Theory]
    [InlineData("nightly", "Veeam/Backup/nightly/Clients/1/disk", true)]
    [InlineData("nightly", "Veeam/Archive/nightly/2/disk", true)]
    [InlineData("/team//nightly/", "Veeam/Backup/team/nightly/x", true)]
    [InlineData("nightly", "nightly/Clients/1/disk", false)]
    [InlineData("nightly", "Veeam/Backup/nightly-2/disk", false)]
    [InlineData("nightly", "Veeam/Backup/nightly", false)]
    [InlineData(null, "Veeam/Backup/any/disk", true)]
    [InlineData(null, "elsewhere/disk", false)]
    public void Keys_lie_below_Veeam_and_the_folder(string? folder, string key, bool matches)
    {
        Repository repository = RepositoryItemReader.Read(
            JsonSerializer.SerializeToElement(
                new { id = "r", name = "r", type = "AmazonS3", bucket = new { bucketName = "b", folderName = folder } }));

        Assert.Equal(matches, new RepositoryMatcher([new ListedRepository("one", repository)]).Match("b", key).Count == 1);
    }

    [Fact]
    public void A_container_of_Azure_is_no_bucket_of_S3()
    {
        Repository repository = RepositoryItemReader.Read(
            Json("""{"id":"r","type":"AzureBlob","container":{"containerName":"b","folderName":"f"}}"""));

        Assert.Empty(new RepositoryMatcher([new ListedRepository("one", repository)]).Match("b", "Veeam/Backup/f/x"));
    }

    /// <summary>Reads a log that arrives so many bytes at a time.</summary>
    private static async Task<IReadOnlyList<SessionLogItem>> LogAsync(string json, int atOnce)
    {
        SessionLogReader reader = new();
        Pipe pipe = new();
        Task read = reader.ReadAsync(pipe.Reader.AsStream(), default);
        byte[] bytes = Encoding.UTF8.GetBytes(json);
        for (int i = 0; i < bytes.Length; i += atOnce)
        {
            await pipe.Writer.WriteAsync(bytes.AsMemory(i, Math.Min(atOnce, bytes.Length - i)));
        }

        await pipe.Writer.CompleteAsync();
        await read;
        return reader.Items;
    }

    private static JsonElement Json(string text) => JsonSerializer.Deserialize<JsonElement>(text);
}
