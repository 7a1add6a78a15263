namespace Sluice.Engine.LlamaCpp;

/// <summary>llama.cpp cannot be used here: why, and what to do about it.</summary>
public sealed class LlamaUnavailableException(string message) : Exception(message);

/// <summary>A model, or the memory asked for it, cannot be had: which file or flag, why, and what to do.</summary>
public sealed class ModelUnusableException(string message) : Exception(message);
