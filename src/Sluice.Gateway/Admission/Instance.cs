using Sluice.Engine;

namespace Sluice.Gateway.Admission;

/// <summary>One embedded engine under the name that replies and metrics give it.</summary>
/// <param name="Name">Unique in its gateway.</param>
/// <param name="Batching">Its batching policy, as the user named it.</param>
/// <param name="Engine">The engine.</param>
public sealed record Instance(string Name, string Batching, LiveEngine Engine);
