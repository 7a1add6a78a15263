using Sluice.Core.KvCache;

namespace Sluice.Engine.LlamaCpp;

/// <summary>Taking, sharing and releasing.</summary>
internal sealed partial class KvCells
{
    private void Take(ReadOnlySpan<KvEntry> run, KvMemory books)
    {
        Lane lane = lanes.OfNew(run[0].Sequence, books);
        (Lane? Lane, int Low, int High) old = default;
        foreach (ref readonly KvEntry entry in run)
        {
            if (lanes.HoldersOf(entry.Block) > 0)
            {
                throw new InvalidOperationException($"Block {entry.Block} was taken, but a sequence still holds it.");
            }

            if (lanes.ParkedAt(entry.Block) is { } parked)
            {
                int place = parked.PlaceOf(entry.Block, likely: parked == old.Lane ? old.Low - 1 : parked.Places - 1);
                if (parked == old.Lane && place == old.Low - 1)
                {
                    old.Low--;
                }
                else
                {
                    Vacate(old);
                    old = (parked, place, place + 1);
                }
            }

            lanes.Hold(lane, entry.Index, entry.Block);
        }

        Vacate(old);
    }

    private void Vacate((Lane? Lane, int Low, int High) old)
    {
        if (old.Lane is not null)
        {
            lanes.Unpark(old.Lane, old.Low, old.High);
        }
    }

    private void Share(ReadOnlySpan<KvEntry> run, KvMemory books)
    {
        Lane lane = lanes.OfNew(run[0].Sequence, books);
        Lane? source = null;
        int from = run[0].Index;
        foreach (ref readonly KvEntry entry in run)
        {
            lanes.Answer(entry.Block);
            Lane? its = lanes.WithContent(entry.Block, entry.Index, source);
            if (its != source)
            {
                ShareRange(source, lane, from, entry.Index);
                (source, from) = (its, entry.Index);
            }

            if (its is not null && its[entry.Index] != entry.Block)
            {
                throw new InvalidOperationException($"Block {entry.Block} is shared at place {entry.Index}, but it was computed for another.");
            }

            if (its is null)
            {
                shares.Add(new Awaited(lane, entry.Index, entry.Block));
            }

            lanes.Hold(lane, entry.Index, entry.Block, isAwaited: its is null);
            lane.Filled = (entry.Index + 1) * blockSize;
        }

        ShareRange(source, lane, from, run[^1].Index + 1);
    }

    private void ShareRange(Lane? source, Lane target, int from, int until)
    {
        if (source is null)
        {
            return;
        }

        memory.Share(source.Id, target.Id, from * blockSize, until * blockSize);
        if (source.Sequence is null)
        {
            lanes.Unpark(source, from, until);
        }
    }

    /// <summary>The blocks of a run go from last to first; when the first of all is among them, the sequence has no more.</summary>
    private void Release(ReadOnlySpan<KvEntry> run, KvMemory books)
    {
        Lane lane = lanes.Of(run[0].Sequence);
        int from = run[^1].Index;
        Lane? keeper = null;
        bool isWhole = from == 0;
        if (isWhole)
        {
            lanes.Leave(lane);
            keeper = lane;
        }

        int gone = lane.Places;
        foreach (ref readonly KvEntry entry in run)
        {
            int place = entry.Index;
            bool isFull = isWhole ? !lane.Awaits(place) && lane.Filled >= (place + 1) * blockSize : lane.HasFull(place, blockSize);
            if (lane.Awaits(place))
            {
                shares.RemoveAll(share => share.Lane == lane && share.Place == place);
            }

            if (lanes.LetGo(lane, place) > 0 || !entry.IsKept)
            {
                continue;
            }

            keeper ??= isFull ? lanes.Take(books) : null;
            if (!isFull || keeper is null)
            {
                books.Forget(entry.Block);
                continue;
            }

            RemoveRange(isWhole ? lane : null, place + 1, gone);
            gone = place;
            if (!isWhole)
            {
                memory.Share(lane.Id, keeper.Id, place * blockSize, (place + 1) * blockSize);
            }

            lanes.Park(keeper, place, entry.Block);
        }

        Close(lane, keeper, from, gone, isWhole);
    }

    private void Close(Lane lane, Lane? keeper, int from, int gone, bool isWhole)
    {
        if (!isWhole)
        {
            memory.RemoveFrom(lane.Id, from * blockSize);
            lane.Filled = Math.Min(lane.Filled, from * blockSize);
        }
        else if (keeper!.Held == 0)
        {
            lanes.Free(lane);
        }
        else
        {
            RemoveRange(lane, 0, gone);
        }
    }

    private void RemoveRange(Lane? lane, int from, int until)
    {
        if (lane is not null && until > from)
        {
            memory.Remove(lane.Id, from * blockSize, until * blockSize);
        }
    }
}
