using Sluice.Core.Batching;
using Sluice.Engine;

namespace Sluice.Serving.Tests.Engine;

public sealed class InvariantTests
{
    public static TheoryData<string> Policies => [.. BatchPolicies.Names];

    [Theory]
    [MemberData(nameof(Policies))]
    public async Task Every_request_ends_in_one_way_and_leaves_nothing_behind(string batching)
    {
        await using var clients = new RandomClients(batching, seed: 1);
        await clients.ServeAsync(1500);
        await clients.CheckEndAsync();
        Assert.True(clients.Ends[(int)Finish.Stop] > 100 && clients.Ends[(int)Finish.Cancelled] > 20, string.Join(", ", clients.Ends));
    }

    [Theory]
    [InlineData("fcfs", 2)]
    [InlineData("slide", 3)]
    [InlineData("proserve", 4)]
    public async Task A_model_that_fails_now_and_then_takes_only_the_step_with_it(string batching, int seed)
    {
        await using var clients = new RandomClients(batching, seed, modelFails: true);
        await clients.ServeAsync(800);
        await clients.CheckEndAsync();
        Assert.True(clients.Ends[(int)Finish.Stop] > 50 && clients.Ends[(int)Finish.Failed] > 10, string.Join(", ", clients.Ends));
    }

    [Fact]
    public async Task Memory_returns_to_its_level_after_ten_thousand_requests()
    {
        await using var clients = new RandomClients("slide", seed: 5);
        await clients.ServeAsync(2000);
        long before = GC.GetTotalMemory(forceFullCollection: true);
        await clients.ServeAsync(8000);
        long after = GC.GetTotalMemory(forceFullCollection: true);
        await clients.CheckEndAsync();

        // A request that were kept would take some 3 kB: 24 MB for 8,000.
        Assert.True(after - before < 4_000_000, $"{before} bytes became {after}.");
    }
}
