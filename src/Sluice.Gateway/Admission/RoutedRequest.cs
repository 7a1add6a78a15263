using Sluice.Core;
using Sluice.Core.Requests;

namespace Sluice.Gateway.Admission;

/// <summary>A request as the router knows it, and where it waits while it is held.</summary>
internal sealed class RoutedRequest : Request
{
    /// <summary>Completed with the index of the instance when the router lets it go.</summary>
    public TaskCompletionSource<int> Destination { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>When it went to an engine.</summary>
    public Instant SentAt { get; set; }
}
