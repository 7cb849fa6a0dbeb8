using Microsoft.AspNetCore.Http;
using Rescan.Functions.Appliances;
using Rescan.Tests.Integration.Durability;
using Rescan.Tests.Integration.Runtime.Hosting;

namespace Rescan.Tests.Integration.Appliances;

/// <summary>Whose a 404 is: the contract gives each of the appliance's a body with an errorCode; pages and texts are a proxy's.</summary>
public sealed class NotFoundTests
{
    [Theory]
    [InlineData("application/json", """{"errorCode":"NotFound","details":"No such session."}""", ApplianceFailure.NotFound)]
    [InlineData("application/problem+json", """{"title":"Not Found","status":404}""", ApplianceFailure.NotFound)]
    [InlineData(null, "", ApplianceFailure.NotFound)]
    [InlineData("text/html", "<html><body>404 Not Found</body></html>", ApplianceFailure.Transient)]
    [InlineData("text/plain", "no healthy upstream", ApplianceFailure.Transient)]
    [InlineData("application/json", """{"message":"no Route matched with those values"}""", ApplianceFailure.Transient)]
    [InlineData("application/json", "[]", ApplianceFailure.Transient)]
    public async Task A_404_is_the_appliances_only_when_it_looks_like_it(string? type, string body, ApplianceFailure failure)
    {
        await using HttpsServer server = await HttpsServer.StartAsync();
        foreach (string request in (string[])["GET /api/v1/sessions/s", "POST /api/v1/repositories/r/rescan"])
        {
            server.Answers[request] = http =>
            {
                (http.Response.StatusCode, http.Response.ContentType) = (StatusCodes.Status404NotFound, type);
                return http.Response.WriteAsync(body);
            };
        }

        await using ClientOf client = new(server.Url, [server.Thumbprint]);

        Assert.Equal(failure, (await Assert.ThrowsAsync<ApplianceException>(() => client.Client.GetSessionAsync("s", default))).Failure);
        Assert.Equal(failure, (await Assert.ThrowsAsync<ApplianceException>(() => client.Client.StartRescanAsync("r", default))).Failure);
    }

    [Theory]
    [InlineData("315360000")]
    [InlineData("Fri, 01 Jan 2100 00:00:00 GMT")]
    public async Task A_retry_after_of_years_is_cut_to_what_makes_sense(string retryAfter)
    {
        await using HttpsServer server = await HttpsServer.StartAsync();
        server.Answers["GET /api/v1/sessions/s"] = http =>
        {
            (http.Response.StatusCode, http.Response.Headers.RetryAfter) = (StatusCodes.Status503ServiceUnavailable, retryAfter);
            return Task.CompletedTask;
        };
        await using ClientOf client = new(server.Url, [server.Thumbprint]);

        Assert.Equal(
            TimeSpan.FromHours(1),
            (await Assert.ThrowsAsync<ApplianceException>(() => client.Client.GetSessionAsync("s", default))).RetryAfter);
    }
}
