namespace Sluice.Simulation.Bounds;

/// <summary>What tokens cost at least by their place in their sequence, ms.</summary>
internal sealed class WorkTable
{
    private readonly double[] upTo;
    private readonly double[] next;

    /// <summary>For sequences of at most <paramref name="longest"/> tokens, in KV blocks of one of these sizes.</summary>
    public WorkTable(LeastCost cost, IReadOnlyCollection<int> blockSizes, int longest)
    {
        Cost = cost;
        upTo = new double[longest + 1];
        next = new double[longest];
        for (int place = 0; place < longest; place++)
        {
            // A chunk of one token counts as a decode, of prompts too.
            double decode = cost.Decode + (cost.DecodeContext * place);
            double prompt = cost.Prompt + (cost.PromptContext * (place + 0.5));
            upTo[place + 1] = upTo[place] + Math.Min(decode, prompt);

            // An answer's token comes out of a decode, or of a chunk where its sequence lost KV since the token before. It loses
            // whole blocks, so that chunk begins no later than the last border of two blocks.
            next[place] = blockSizes.Min(size =>
            {
                int border = place % size == 0 ? place - size : place - (place % size);
                return Math.Min(decode, upTo[place + 1] - upTo[Math.Max(border, 0)]);
            });
        }
    }

    /// <summary>The costs it was made of.</summary>
    public LeastCost Cost { get; }

    /// <summary>Prompt tokens from one place to before another.</summary>
    public double Prompt(int from, int to) => upTo[to] - upTo[from];

    /// <summary>The step's share aside, an answer's token that comes once this place is computed; not the first of the answer.</summary>
    public double Next(int place) => next[place];

    /// <summary>None of the tokens up to this place costs more.</summary>
    public double Most(int place) => Cost.Decode + (Cost.DecodeContext * place);
}
