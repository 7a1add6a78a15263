using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using Sluice.Core.Requests;

namespace Sluice.Engine;

/// <summary>Names the blocks of prompts, so that equal beginnings of one tenant's prompts are computed once.</summary>
/// <remarks>
/// A name is the first 64 bits of a SHA-256 over a secret of this process, the tenant, the hash before and the block's tokens. Nobody can make a
/// prompt that takes another one's blocks, and no tenant can find out what another one has asked.
/// </remarks>
/// <param name="blockSize">Tokens in a block.</param>
public sealed class PromptNames(int blockSize)
{
    private const int SecretBytes = 32;

    private readonly byte[] secret = RandomNumberGenerator.GetBytes(SecretBytes);

    /// <summary>The names of a prompt's full blocks.</summary>
    public PromptBlocks Of(int[] prompt, int tenant)
    {
        ArgumentNullException.ThrowIfNull(prompt);
        ulong[] names = new ulong[prompt.Length / blockSize];
        byte[] text = new byte[SecretBytes + sizeof(int) + SHA256.HashSizeInBytes + (blockSize * sizeof(int))];
        Span<byte> before = text.AsSpan(SecretBytes + sizeof(int), SHA256.HashSizeInBytes);
        Span<byte> tokens = text.AsSpan(SecretBytes + sizeof(int) + SHA256.HashSizeInBytes);
        secret.CopyTo(text, 0);
        BinaryPrimitives.WriteInt32LittleEndian(text.AsSpan(SecretBytes), tenant);
        for (int i = 0; i < names.Length; i++)
        {
            MemoryMarshal.AsBytes(prompt.AsSpan(i * blockSize, blockSize)).CopyTo(tokens);
            SHA256.HashData(text).CopyTo(before);
            names[i] = BinaryPrimitives.ReadUInt64LittleEndian(before);
        }

        return new PromptBlocks(names, blockSize);
    }
}
