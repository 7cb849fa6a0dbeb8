using System.Buffers.Text;
using System.Text;
using System.Text.Json;
using Rescan.Local.Simulator;

namespace Rescan.Tests.Integration.Hostile;

/// <summary>Continuation tokens that were never handed out.</summary>
public sealed class ForgedTokenTests
{
    private static readonly string[] Positions =
    [
        "", "r", "e", "x", "r1", "e1", "r-1.0", "r1.", "r.1", "r99999999999999999999.1", "r9223372036854775807.9223372036854775807", "e-1",
        "e99999999999999999999",
        "rnonsense", "enonsense", "r{\"NextPartitionKey\":\"x\"}", "e' or 1 eq 1", "e\0", "r\0", "e\u001f", "r\n", "e/..", "e\u00e9",
        "r\ud83d\ude00",
        "e" + new string('9', 300), "r" + new string('a', 300), "eyJhIjoxfQ==", "r" + "eyJOZXh0UGFydGl0aW9uS2V5IjoiMSExMiFjbVZ6WTJGdSJ9",
    ];

    private static readonly string[] Raw = [
        "%00", "!", "====", "a", "r1", "%F0%9F%92%A9", "bm9uc2Vuc2U=", "_", "-", "..", new('A', 500), "//8", "wA", "7aCA"];

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Every_form_is_refused_with_400_or_reads_a_page_and_none_is_a_fault(bool onAzure)
    {
        await using ApiHost api = await ApiHost.StartAsync(
            [new SimulatorOptions { SessionDuration = TimeSpan.FromMinutes(30) }],
            storage: onAzure ? await AzureTestHub.StorageAsync() : null);
        (_, JsonElement started, _) = await api.SendAsync(
            HttpMethod.Post, "/api/rescans", new { appliance = "one", repository = SimulatedRepository.Defaults[0].Id });
        Assert.True(started.TryGetProperty("id", out _), started.ToString());
        List<string> wrong = [];
        int refused = 0;
        foreach (string list in (string[])["/api/rescans?", "/api/rescans?state=running&", "/api/rescans?state=ended&", "/api/runs?"])
        {
            foreach (string token in Positions.Select(p => Base64Url.EncodeToString(Encoding.UTF8.GetBytes(p))).Concat(Raw)
                .Where(t => t.Length > 0))
            {
                (int status, JsonElement body, HttpResponseMessage answer) = await api.SendAsync(
                    HttpMethod.Get, list + "continuationToken=" + token);
                answer.Dispose();
                refused += status == 400 ? 1 : 0;
                if (status is not (200 or 400))
                {
                    wrong.Add($"{list}{token}: {status} {body}");
                }
            }
        }

        Assert.Equal("", string.Join('\n', wrong));
        Assert.True(refused > 100, $"{refused} refused");
    }

    [Fact]
    public async Task A_token_of_one_list_is_none_of_another()
    {
        await using ApiHost api = await ApiHost.StartAsync([new SimulatorOptions()]);

        Assert.Equal(400, (await api.SendAsync(HttpMethod.Get, "/api/rescans?state=running&continuationToken=ZTE")).Status);
        Assert.Equal(400, (await api.SendAsync(HttpMethod.Get, "/api/rescans?state=ended&continuationToken=cjEuMQ")).Status);
        Assert.Equal(400, (await api.SendAsync(HttpMethod.Get, "/api/rescans?continuationToken=cm5vbmU")).Status);
        Assert.Equal(400, (await api.SendAsync(HttpMethod.Get, "/api/runs?continuationToken=cjEuMQ")).Status);
    }
}
