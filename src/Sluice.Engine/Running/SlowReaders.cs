using Sluice.Core;

namespace Sluice.Engine.Running;

/// <summary>Choices that are paused because nobody reads what they wrote.</summary>
/// <remarks>
/// A paused choice keeps its KV as long as nobody waits for a place; then it gives it up, and takes its turn again when its reader
/// comes back.
/// </remarks>
internal sealed class SlowReaders(NotedScheduler scheduler, TimeSpan patience)
{
    /// <summary>Most of them that keep their KV: each may take one of few sequence ids of the model.</summary>
    private const int MostKeeping = 16;

    private readonly List<Choice> paused = [];

    /// <summary>How many.</summary>
    public int Count => paused.Count;

    /// <summary>When the first of them is given up for; null when there is none.</summary>
    public Instant? Due => paused.Count > 0 ? paused[0].PausedAt + patience : null;

    /// <summary>Nothing more is computed for a choice until its reader has caught up.</summary>
    public void Pause(Choice choice, Instant now)
    {
        scheduler.Detach(choice.Sequence);
        choice.PausedAt = now;
        paused.Add(choice);
        choice.Request.Events.Watch();
        if (paused.Count(one => one.Sequence.DeviceBlocks > 0) > MostKeeping)
        {
            TryGiveUp();
        }
    }

    /// <summary>Lets those go on whose reader has caught up. Returns one whose reader is given up for; the caller ends it and looks again.</summary>
    public Choice? Look(Instant now)
    {
        for (int at = 0; at < paused.Count; at++)
        {
            Choice choice = paused[at];
            if (choice.Request.Events.HasRoom)
            {
                if (TryGoOn(choice, now))
                {
                    choice.PausedAt = null;
                    paused.RemoveAt(at--);
                }
            }
            else if (now >= choice.PausedAt + patience)
            {
                return choice;
            }
        }

        return null;
    }

    /// <summary>Takes the KV from whoever has been paused longest. False when nobody has any.</summary>
    public bool TryGiveUp()
    {
        foreach (Choice choice in paused)
        {
            if (choice.Sequence.DeviceBlocks > 0)
            {
                scheduler.GiveUp(choice.Sequence);
                return true;
            }
        }

        return false;
    }

    /// <summary>A choice has ended.</summary>
    public void Remove(Choice choice)
    {
        if (choice.PausedAt is not null)
        {
            choice.PausedAt = null;
            paused.Remove(choice);
        }
    }

    private bool TryGoOn(Choice choice, Instant now)
    {
        if (choice.Sequence.DeviceBlocks > 0)
        {
            return scheduler.TryResume(choice.Sequence);
        }

        scheduler.Add(choice.Sequence, now);
        return true;
    }
}
