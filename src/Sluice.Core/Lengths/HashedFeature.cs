namespace Sluice.Core.Lengths;

/// <summary>One word, phrase or fragment of a prompt as a bucket of the hash table and its value there.</summary>
/// <param name="Bucket">0 … <see cref="PromptEncoder.Buckets"/> − 1, or behind them a place in the sentence.</param>
/// <param name="Value">Its weight with a hashed sign; the values of one prompt have unit length together.</param>
public readonly record struct HashedFeature(int Bucket, float Value);
