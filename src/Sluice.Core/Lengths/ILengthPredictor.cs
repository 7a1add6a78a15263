namespace Sluice.Core.Lengths;

/// <summary>Says how long an answer will be before it begins.</summary>
public interface ILengthPredictor
{
    /// <summary>The estimate; null when the predictor abstains, and then the order of arrival stands.</summary>
    /// <remarks>Allocates nothing, may be called from several threads, and takes at most 60 µs for a prompt of 1 KB.</remarks>
    LengthEstimate? Predict(in PromptFacts prompt);
}
