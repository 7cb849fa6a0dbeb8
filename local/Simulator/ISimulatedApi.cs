using Microsoft.AspNetCore.Http;
using Rescan.Local.Simulator.Faults;

namespace Rescan.Local.Simulator;

/// <summary>The REST API of a kind of appliance.</summary>
internal interface ISimulatedApi
{
    /// <summary>Its tokens.</summary>
    TokenStore Tokens { get; }

    /// <summary>The types of sessions of other work.</summary>
    IReadOnlyList<string> OtherWork { get; }

    /// <summary>A release that accepts no revision with rescan.</summary>
    ProductRelease WithoutRescan { get; }

    /// <summary>The field of a session log's answer that holds its items.</summary>
    string LogField { get; }

    /// <summary>The kind of a request: token, repositories, rescan, session, log, stop or other.</summary>
    string KindOf(string path);

    /// <returns>The status answered; 0 when the connection was dropped.</returns>
    Task<int> AnswerAsync(HttpContext http, string path, FaultEffects effects);

    /// <summary>Answers with an error, as the kind words it.</summary>
    /// <returns>The status answered.</returns>
    Task<int> ProblemAsync(HttpContext http, int status, string code, string details);
}
