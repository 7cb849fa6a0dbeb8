using Microsoft.AspNetCore.Http;

namespace Rescan.Functions.Api.Callers;

/// <summary>Tells who sent a request, from what the host knows of it.</summary>
internal static class CallerReader
{
    /// <summary>
    /// Who sent it. The local host knows the key. In Azure the platform signs users in where it is told to, and function keys are checked
    /// before the app sees the request.
    /// </summary>
    public static Caller Read(HttpRequest request) =>
        request.HttpContext.Features.Get<Caller>()
        ?? (EntraPrincipal.IsSetByPlatform ? EntraPrincipal.Read(request) : Caller.Unnamed);

    /// <summary>The caller, who must have a role.</summary>
    /// <exception cref="RequestRefusedException">The caller has not; the status is 403.</exception>
    public static Caller Require(HttpRequest request, CallerRole role)
    {
        Caller caller = Read(request);
        if (caller.Role >= role)
        {
            return caller;
        }

        if (caller is { Role: CallerRole.None, Name: null })
        {
            throw new RequestRefusedException(
                StatusCodes.Status401Unauthorized,
                "Sign in first: by a browser at /.auth/login/aad, as a program by a token of Microsoft Entra as bearer token.");
        }

        string who = caller.Name ?? "This caller";
        throw new RequestRefusedException(
            StatusCodes.Status403Forbidden,
            caller.Role == CallerRole.None
                ? $"{who} has no role here. An administrator gives one: {EntraPrincipal.RoleNames}."
                : $"{who} has the role {caller.Role}; this needs {role}.");
    }
}
