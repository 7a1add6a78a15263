using Sluice.Core.Batching.ByLength;

namespace Sluice.Core.Tests.Batching.ByLength;

public class AgedTournamentTests
{
    [Theory]
    [InlineData(null)]
    [InlineData(1)]
    [InlineData(300)]
    public void The_leader_is_always_the_one_that_a_look_at_all_would_find(int? ageing)
    {
        for (int seed = 0; seed < 200; seed++)
        {
            var random = new Random(seed);
            TimeSpan? age = ageing is { } seconds ? TimeSpan.FromSeconds(seconds) : null;
            var tournament = new AgedTournament(age);
            var waiting = new Dictionary<int, (double Length, long Since, long Tie)>();
            long now = 0;
            for (int move = 0; move < 300; move++)
            {
                now += random.Next(3) * random.Next(100) * TimeSpan.TicksPerSecond / 10;
                int slot = random.Next(100);
                if (waiting.Remove(slot))
                {
                    tournament.Remove(slot);
                }
                else
                {
                    double length = random.Next(1, 30);
                    waiting.Add(slot, (length, now, move));
                    tournament.Add(slot, length, new Instant(now), move);
                }

                int best = waiting.Count == 0 ? -1 : waiting
                    .OrderBy(entry => age is { } a ? entry.Value.Length / (a.Ticks + now - entry.Value.Since) : entry.Value.Length)
                    .ThenBy(entry => entry.Value.Tie)
                    .First().Key;
                Assert.True(best == tournament.First(new Instant(now)), $"seed {seed}, move {move}");
            }
        }
    }

    [Fact]
    public void A_long_one_that_waited_goes_before_a_shorter_one_that_came_later()
    {
        var tournament = new AgedTournament(TimeSpan.FromSeconds(10));
        tournament.Add(0, length: 100, Instant.FromSeconds(0), tie: 0);
        tournament.Add(1, length: 40, Instant.FromSeconds(10), tie: 1);

        // 100 / (1 + 10/10) = 50 against 40 at 10 s; 100 / 5 = 20 against 40 / 4 = 10 at 40 s: who is ahead and shorter stays ahead.
        Assert.Equal(1, tournament.First(Instant.FromSeconds(10)));
        Assert.Equal(1, tournament.First(Instant.FromSeconds(40)));
        tournament.Add(2, length: 60, Instant.FromSeconds(40), tie: 2);
        tournament.Remove(1);
        Assert.Equal(0, tournament.First(Instant.FromSeconds(40)));
        Assert.Equal(2, tournament.First(Instant.FromSeconds(100)));
    }
}
