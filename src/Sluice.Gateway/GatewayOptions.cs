using System.Net;
using Sluice.Core.Requests;
using Sluice.Core.Routing;
using Sluice.Gateway.Admission;
using Sluice.Gateway.Lengths;

namespace Sluice.Gateway;

/// <summary>How a gateway listens and what it takes.</summary>
public sealed record GatewayOptions
{
    /// <summary>Where it listens. Default 127.0.0.1:8080; port 0 takes a free one.</summary>
    public IPEndPoint Listen { get; init; } = new(IPAddress.Loopback, 8080);

    /// <summary>The service classes clients may name. Default interactive, standard and batch.</summary>
    public IReadOnlyList<ServiceClass> Classes { get; init; } = ClassTable.Usual;

    /// <summary>The class of those who name none; null takes the one called standard or default, else the first.</summary>
    public string? StandardClass { get; init; }

    /// <summary>How an instance is chosen. Default <c>gain</c>.</summary>
    public RoutingPolicyChoice Routing { get; init; } = RoutingPolicies.Parse("gain");

    /// <summary>The largest body that is read, bytes. Default 16 MiB.</summary>
    public long MostBodyBytes { get; init; } = 16 << 20;

    /// <summary>Most requests that wait for an instance with room before new ones are refused. Default 4096.</summary>
    public int MostHeld { get; init; } = 4096;

    /// <summary>Most connections at once; further ones are closed. Default 8192.</summary>
    public int MostConnections { get; init; } = 8192;

    /// <summary>How long a client may read nothing of its stream before it is cut off. Default 30 s.</summary>
    public TimeSpan ReaderPatience { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>How it learns how long answers will be; null learns nothing. By default it learns, and forgets with the process.</summary>
    public LengthOptions? Lengths { get; init; } = new();

    /// <summary>Told of defects, one line each; null for nobody.</summary>
    public Action<string>? Log { get; init; }

    /// <summary>Returns these options, or says which one to change.</summary>
    public GatewayOptions Checked()
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(MostBodyBytes, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(MostHeld, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(MostConnections, 1);
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(ReaderPatience, TimeSpan.Zero);
        Lengths?.Learning.Checked();
        return this;
    }
}
