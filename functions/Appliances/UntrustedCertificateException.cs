using System.Security.Authentication;

namespace Rescan.Functions.Appliances;

/// <summary>The appliance's certificate is not among the pinned ones, or the system's roots do not vouch for it.</summary>
internal sealed class UntrustedCertificateException(string message) : AuthenticationException(message);
