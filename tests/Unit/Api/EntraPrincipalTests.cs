using System.Text;
using Microsoft.AspNetCore.Http;
using Rescan.Functions.Api.Callers;

namespace Rescan.Tests.Unit.Api;

/// <summary>
/// The user whom App Service authentication tells of, by the form that Microsoft documents:
/// https://learn.microsoft.com/azure/app-service/configure-authentication-user-identities.
/// </summary>
public sealed class EntraPrincipalTests
{
    private const string ShortRoles =
        """{"auth_typ":"aad","name_typ":"name","role_typ":"roles","claims":[{"typ":"name","val":"Alice"},{"typ":"roles","val":"Rescan.Operator"}]}""";

    private const string LongRoles =
        """
        {"auth_typ":"aad","name_typ":"http://schemas.xmlsoap.org/ws/2005/05/identity/claims/name",
         "role_typ":"http://schemas.microsoft.com/ws/2008/06/identity/claims/role",
         "claims":[{"typ":"http://schemas.microsoft.com/ws/2008/06/identity/claims/role","val":"Rescan.Viewer"}]}
        """;

    [Theory]
    [InlineData(ShortRoles, CallerRole.Operator)]
    [InlineData(LongRoles, CallerRole.Viewer)]
    [InlineData("""{"claims":[{"typ":"roles","val":"Rescan.Viewer"},{"typ":"roles","val":"Rescan.Operator"}]}""", CallerRole.Operator)]
    [InlineData("""{"claims":[{"typ":"roles","val":"Rescan.Operator"},{"typ":"roles","val":"Rescan.Viewer"}]}""", CallerRole.Operator)]
    [InlineData("""{"claims":[{"typ":"roles","val":"rescan.operator"}]}""", CallerRole.None)]
    [InlineData("""{"claims":[{"typ":"name","val":"Rescan.Operator"}]}""", CallerRole.None)]
    [InlineData("""{"claims":[]}""", CallerRole.None)]
    [InlineData("""{"claims":[null,1,{"typ":"roles"},{"val":"Rescan.Operator"}]}""", CallerRole.None)]
    [InlineData("""{"claims":{}}""", CallerRole.None)]
    [InlineData("""["roles"]""", CallerRole.None)]
    [InlineData("{", CallerRole.None)]
    [InlineData("", CallerRole.None)]
    public void The_highest_role_among_the_claims_counts(string principal, CallerRole role) =>
        Assert.Equal(
            new Caller("alice@example.com", role), Read(Convert.ToBase64String(Encoding.UTF8.GetBytes(principal)), "alice@example.com"));

    [Fact]
    public void What_is_not_base64_gives_no_role() => Assert.Equal(CallerRole.None, Read("{}", "alice").Role);

    [Fact]
    public void Nobody_is_signed_in_without_a_principal() => Assert.Equal(new Caller(null, CallerRole.None), Read(null, null));

    [Fact]
    public void A_hostile_name_is_one_short_line()
    {
        string name = Read(null, "a\u001b[31m\r\nb" + new string('x', 500)).Name!;

        Assert.True(name.Length <= 101 && !name.Any(char.IsControl), name);
    }

    [Theory]
    [InlineData("True", "func", true)]
    [InlineData("true", "func", true)]
    [InlineData("False", "func", false)]
    [InlineData("1", "func", false)]
    [InlineData(null, "func", false)]
    [InlineData("True", null, false)]
    [InlineData("True", "", false)]
    public void Headers_count_only_where_the_platform_runs_the_app_and_says_that_it_signs_callers_in(
        string? enabled, string? site, bool on) =>
        Assert.Equal(on, EntraPrincipal.IsSet(n => n switch { EntraPrincipal.Switch => enabled, EntraPrincipal.Site => site, _ => null }));

    private static Caller Read(string? principal, string? name)
    {
        DefaultHttpContext http = new();
        http.Request.Headers["X-MS-CLIENT-PRINCIPAL"] = principal;
        http.Request.Headers["X-MS-CLIENT-PRINCIPAL-NAME"] = name;
        return EntraPrincipal.Read(http.Request);
    }
}
