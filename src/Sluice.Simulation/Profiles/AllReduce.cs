namespace Sluice.Simulation.Profiles;

/// <summary>What it takes tensor-parallel devices to add up their partial results.</summary>
internal static class AllReduce
{
    /// <summary>What is assumed where no table has the devices.</summary>
    public const string OverPcie =
        "all-reduce over PCIe 5.0 x16: 10 us and 45 GB/s, assumed, as no table has these devices together";

    /// <summary>An all-reduce of two devices over PCIe 5.0 ×16, ms.</summary>
    public static double OverPcieMilliseconds(double bytes) => 0.010 + (bytes / 45e9 * 1000);

    /// <summary>All-reduces among <paramref name="devices"/> by message size in bytes, ms, from NCCL's table.</summary>
    public static Curve ReadNccl(string folder, Hardware hardware, int devices)
    {
        var rows = CsvTable.Read(folder, "aic_nccl", "system", "nccl_dtype", "num_gpus", "op_name", "nccl", "message_size", "latency")
            .Where(row => row[0] == hardware.TableName && row[1] == "half" && row[2] == $"{devices}" && row[3] == "all_reduce")
            .ToArray();
        if (rows.Length == 0)
        {
            throw new FormatException($"{folder}: aic_nccl has no all_reduce of {devices} {hardware.TableName}. Choose tp 1, 2, 4 or 8.");
        }

        string newest = rows.Select(row => row[4]).OrderDescending(StringComparer.Ordinal).First();
        return new Curve(rows.Where(row => row[4] == newest)
            .Select(row => (2 * CsvTable.Number(row[5]), CsvTable.Number(row[6]))));
    }
}
