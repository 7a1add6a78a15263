namespace Sluice.Core.Lengths.Online;

/// <summary>An answer to come: what was expected of it, and what is needed to learn from it when it has ended.</summary>
/// <param name="Prompt">Its prompt, as numbers.</param>
/// <param name="Tenant">Who asked.</param>
/// <param name="Estimate">What the scheduler was told; null for nothing.</param>
/// <param name="IsPredicted">Whether a trained model said so, not the tenant's average.</param>
public sealed record ExpectedAnswer(EncodedPrompt Prompt, int Tenant, LengthEstimate? Estimate, bool IsPredicted);
