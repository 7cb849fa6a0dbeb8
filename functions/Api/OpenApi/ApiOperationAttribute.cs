using Microsoft.AspNetCore.Http;

namespace Rescan.Functions.Api.OpenApi;

/// <summary>Describes an HTTP function in the OpenAPI document; its address, methods and key come from its trigger.</summary>
/// <param name="summary">What it does, in a line.</param>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class ApiOperationAttribute(string summary) : Attribute
{
    /// <summary>What it does, in a line.</summary>
    public string Summary => summary;

    /// <summary>The body of a good answer.</summary>
    public Type? Answer { get; init; }

    /// <summary>The status of a good answer.</summary>
    public int Status { get; init; } = StatusCodes.Status200OK;

    /// <summary>The request's body; none when null.</summary>
    public Type? Body { get; init; }

    /// <summary>Statuses of its own refusals; those that every call can get are left out.</summary>
    public int[] Problems { get; init; } = [];
}

/// <summary>Describes a value of the query or a header.</summary>
/// <param name="name">Its name.</param>
/// <param name="description">What it means.</param>
[AttributeUsage(AttributeTargets.Method, AllowMultiple = true)]
internal sealed class ApiParameterAttribute(string name, string description) : Attribute
{
    /// <summary>Its name.</summary>
    public string Name => name;

    /// <summary>What it means.</summary>
    public string Description => description;

    /// <summary>query or header.</summary>
    public string In { get; init; } = "query";

    /// <summary>The values it takes, with a space between them; any when null.</summary>
    public string? Values { get; init; }

    /// <summary>The largest number it takes; 0: it is no number.</summary>
    public int Maximum { get; init; }

    /// <summary>The smallest number it takes.</summary>
    public int Minimum { get; init; }

    /// <summary>Whether the call is refused without it.</summary>
    public bool Required { get; init; }
}
