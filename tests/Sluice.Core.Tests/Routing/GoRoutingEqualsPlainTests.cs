using Sluice.Core.Latency;
using Sluice.Core.Requests;
using Sluice.Core.Routing;
using static Sluice.Core.Tests.Routing.Make;

namespace Sluice.Core.Tests.Routing;

/// <summary>The fast GoRouting and the literal one live through the same random days, 1,000 of them.</summary>
public sealed class GoRoutingEqualsPlainTests
{
    private const int SeedsInABlock = 50;
    private const int EventsInADay = 120;

    public static TheoryData<int> Blocks => [.. Enumerable.Range(0, 20)];

    [Theory]
    [MemberData(nameof(Blocks))]
    public void Every_choice_equals_the_plain_definition(int block)
    {
        for (int seed = block * SeedsInABlock; seed < (block + 1) * SeedsInABlock; seed++)
        {
            new Day(seed).Live();
        }
    }

    /// <summary>One fleet under random events.</summary>
    private sealed class Day
    {
        private readonly int seed;
        private readonly Random chance;
        private readonly GoRouting fast;
        private readonly Router router;
        private readonly PlainInstance[] books;
        private readonly PlainGoRouting plain;
        private readonly List<(Request Request, Route Route)> live = [];
        private Instant now;
        private long nextId = 1;

        public Day(int seed)
        {
            this.seed = seed;
            chance = new Random(seed);
            bool isSplit = seed % 2 == 1;
            bool isMixed = seed % 4 >= 2;
            int instances = chance.Next(isSplit ? 2 : 1, 9);
            int prefill = isSplit ? chance.Next(1, instances) : instances;
            var options = new GoRoutingOptions { CreditElapsed = seed % 5 == 0 };
            var same = AnyLatency();
            fast = new GoRouting(options);
            router = new Router(fast, [.. Enumerable.Range(0, instances).Select(i => new Ledger(
                i,
                !isSplit ? InstanceRole.Both : i < prefill ? InstanceRole.Prefill : InstanceRole.Decode,
                isMixed ? AnyLatency() : same))]);
            books = [.. router.Fleet.All.ToArray().Select(ledger => new PlainInstance(ledger))];
            plain = new PlainGoRouting(books, options);
        }

        public void Live()
        {
            for (int i = 0; i < EventsInADay; i++)
            {
                now += TimeSpan.FromTicks(chance.Next(0, 600_000));
                Act(chance.Next(100));
                Same("books", books.Select(Summary), router.Fleet.All.ToArray().Select(Summary));
            }

            while (live.Count > 0)
            {
                End(chance.Next(live.Count), isFinished: chance.Next(2) == 0);
            }

            Same("empty books", books.Select(_ => (0L, 0L, 0, 0, 0L, 0L)), router.Fleet.All.ToArray().Select(
                l => (l.Prefills.Tokens, l.Prefills.Nanoseconds, l.Decodes, l.AssignedDecodes, l.ContextTokens,
                    l.Prefills.GainOfThoseWhoCanWait(now, 0.9, long.MinValue))));
        }

        private void Act(int dice)
        {
            if (dice < 60)
            {
                Arrive();
            }
            else if (dice < 94 && live.Count > 0)
            {
                int at = chance.Next(live.Count);
                if (dice < 80)
                {
                    FinishPrefill(at);
                }
                else
                {
                    End(at, isFinished: dice < 88);
                }
            }
            else
            {
                Flip(chance.Next(books.Length));
            }
        }

        private void Arrive()
        {
            double[] weights = [1, 2, 0.3, 4];
            double[] promises = [150, 1000, 1000, 5000];
            var arrival = new Instant(now.Ticks - chance.Next(0, 1_000_000));
            var request = Request(
                nextId++, chance.Next(1, chance.Next(4) == 0 ? 9000 : 1500), weights[chance.Next(4)], promises[chance.Next(4)],
                tpot: 50, arrival);
            foreach (var (ledger, book) in router.Fleet.All.ToArray().Zip(books).Where(p => p.First.Role != InstanceRole.Decode))
            {
                Same($"outlook of {ledger.Index}", plain.Weigh(request, book, now), fast.Weigh(request, ledger, now));
            }

            var expected = plain.Choose(request, now);
            var route = router.Choose(request, now);
            Same("route", expected, route is { } r ? (r.Prefill, r.Decode, fast.LatestBranch) : null);
            if (route is { } given)
            {
                var prefill = books[given.Prefill];
                prefill.Stamp = prefill.Prefilling.Count == 0 ? now : prefill.Stamp;
                prefill.Prefilling.Add(request);
                books[given.Decode].Assigned.Add(request);
                live.Add((request, given));
            }
        }

        private void FinishPrefill(int at)
        {
            var (request, route) = live[at];
            bool wasPrefilling = books[route.Prefill].Prefilling.Remove(request);
            if (wasPrefilling)
            {
                books[route.Prefill].Stamp = now;
                books[route.Decode].Decoding.Add(request);
            }

            Same("prefill finished", wasPrefilling, router.PrefillFinished(request, now));
        }

        private void End(int at, bool isFinished)
        {
            var (request, route) = live[at];
            live.RemoveAt(at);
            bool wasPrefilling = books[route.Prefill].Prefilling.Remove(request);
            books[route.Prefill].Stamp = wasPrefilling && isFinished ? now : books[route.Prefill].Stamp;
            books[route.Decode].Decoding.Remove(request);
            books[route.Decode].Assigned.Remove(request);
            Same("ended", true, isFinished ? router.Finished(request, now) : router.Cancelled(request, now));
        }

        private void Flip(int index)
        {
            books[index].IsUp = !books[index].IsUp;
            if (books[index].IsUp)
            {
                router.InstanceUp(index);
            }
            else
            {
                router.InstanceDown(index);
            }
        }

        private FiveTermLatencyModel AnyLatency() =>
            Estimator(constant: chance.NextDouble() * 20, square: chance.NextDouble() * 2e-5, token: chance.NextDouble() * 0.04);

        private static (int, long, int, int, Instant) Summary(PlainInstance book) => (
            book.Prefilling.Count, book.Prefilling.Sum(r => (long)r.PromptTokens), book.Decoding.Count, book.Assigned.Count, book.Stamp);

        private static (int, long, int, int, Instant) Summary(Ledger ledger) => (
            ledger.Prefills.Count, ledger.Prefills.Tokens, ledger.Decodes, ledger.AssignedDecodes, ledger.LastPrefillEvent);

        private void Same<T>(string what, IEnumerable<T> plainly, IEnumerable<T> quickly) =>
            Same(what, string.Join(' ', plainly), string.Join(' ', quickly));

        private void Same<T>(string what, T plainly, T quickly) => Assert.True(
            Equals(plainly, quickly), $"seed {seed}, {what} at {now.Milliseconds} ms: plainly {plainly}, quickly {quickly}");
    }
}
