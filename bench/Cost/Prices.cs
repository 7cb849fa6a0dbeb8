namespace Rescan.Bench.Cost;

/// <summary>
/// List prices, all in this one place: pay-as-you-go in US dollars, East US, May 2025, from azure.microsoft.com/pricing (Functions on the
/// Flex Consumption plan; Table storage, locally redundant). Free grants, the storage of data and networking are left out.
/// </summary>
internal static class Prices
{
    /// <summary>The month of the list.</summary>
    public const string Date = "May 2025";

    /// <summary>Euros a US dollar, for the tables.</summary>
    public const double EurosADollar = 0.90;

    /// <summary>Dollars a million executions.</summary>
    public const double MillionExecutions = 0.40;

    /// <summary>Dollars a GB-second.</summary>
    public const double GigabyteSecond = 0.000026;

    /// <summary>GB of an instance, as infra/ asks for.</summary>
    public const double InstanceGigabytes = 2;

    /// <summary>Seconds that an execution is billed for at least.</summary>
    public const double ShortestExecution = 1;

    /// <summary>Dollars for 10,000 requests to Table storage.</summary>
    public const double TenThousandTableRequests = 0.00036;

    /// <summary>Euros for requests to Table storage.</summary>
    public static double Tables(double requests) => requests / 10_000 * TenThousandTableRequests * EurosADollar;

    /// <summary>Euros for executions; at most, since those that overlap on an instance share its time.</summary>
    public static double Executions(double executions) =>
        ((executions / 1e6 * MillionExecutions) + (executions * ShortestExecution * InstanceGigabytes * GigabyteSecond)) * EurosADollar;
}
