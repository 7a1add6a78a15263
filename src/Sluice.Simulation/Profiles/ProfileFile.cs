using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;
using Sluice.Core.Latency;

namespace Sluice.Simulation.Profiles;

/// <summary>A profile as JSON, under the names of <see cref="Profile"/> in camel case.</summary>
internal static class ProfileFile
{
    private static readonly JsonSerializerOptions Options = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.CamelCase,
        WriteIndented = true,
        NewLine = "\n",
        Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
        UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
        RespectRequiredConstructorParameters = true,
        RespectNullableAnnotations = true,
        Converters = { new CurveConverter(), new LatencyConverter() },
    };

    /// <summary>The profile as text that ends in a line feed.</summary>
    public static string Write(Profile profile) => JsonSerializer.Serialize(profile, Options) + "\n";

    /// <summary>The profile in a text.</summary>
    /// <param name="text">The text.</param>
    /// <param name="path">Where it comes from, for errors.</param>
    /// <exception cref="FormatException">It is not a profile; says where.</exception>
    public static Profile Read(string text, string path)
    {
        try
        {
            Profile profile = JsonSerializer.Deserialize<Profile>(text, Options)
                ?? throw new FormatException($"{path}: holds null instead of a profile.");
            Check(profile, path);
            return profile;
        }
        catch (JsonException error)
        {
            throw new FormatException($"{path}: line {(error.LineNumber ?? 0) + 1}, {error.Path ?? "$"}: {Cause(error)}", error);
        }
        catch (ArgumentException error)
        {
            throw new FormatException($"{path}: $.latency: {error.Message}", error);
        }
    }

    private static void Check(Profile profile, string path)
    {
        (string Name, double Value, double Least)[] fields =
        [
            ("blockSize", profile.BlockSize, 1), ("blocks", profile.Blocks, 1), ("hostBlocks", profile.HostBlocks, 0),
            ("kvBytesPerToken", profile.KvBytesPerToken, 1), ("copyMsPerBlock", profile.CopyMsPerBlock, 0),
            ("copyMsPerCopy", profile.CopyMsPerCopy, 0), ("transferBytesPerSecond", profile.TransferBytesPerSecond, 1),
            ("stepTokens", profile.StepTokens, 1), ("stepSequences", profile.StepSequences, 1),
        ];
        foreach ((string name, double value, double least) in fields)
        {
            if (!(value >= least))
            {
                throw new FormatException($"{path}: $.{name} is {value}. Give {least} or more.");
            }
        }
    }

    private static string Cause(JsonException error)
    {
        const string Missing = "missing required properties including: ";
        int at = error.Message.IndexOf(Missing, StringComparison.Ordinal);
        if (at >= 0)
        {
            return $"misses {error.Message[(at + Missing.Length)..].TrimEnd('.')}.";
        }

        return error.Message.Contains("could not be mapped", StringComparison.Ordinal)
            ? "is not a field of a profile."
            : "is not what a profile has there. Compare with `sluice profile show llama3-8b-h100`.";
    }

    /// <summary>A curve as <c>[[x,y],…]</c> on one line.</summary>
    private sealed class CurveConverter : JsonConverter<Curve>
    {
        public override Curve Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
        {
            double[][] points = JsonSerializer.Deserialize<double[][]>(ref reader, options) ?? [];
            if (points.Length == 0 || points.Any(p => p is not { Length: 2 }))
            {
                throw new JsonException();
            }

            return new Curve(points.Select(p => (p[0], p[1])));
        }

        public override void Write(Utf8JsonWriter writer, Curve value, JsonSerializerOptions options) =>
            writer.WriteRawValue("[" + string.Join(",", value.Points.Select(p =>
                string.Create(CultureInfo.InvariantCulture, $"[{p.X},{p.Y}]"))) + "]");
    }

    /// <summary>Profiles in files carry the five terms, or those and the term of a shared cache.</summary>
    private sealed class LatencyConverter : JsonConverter<ILatencyModel>
    {
        public override ILatencyModel? Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
        {
            Utf8JsonReader ahead = reader;
            return HasTerms(ref ahead)
                ? JsonSerializer.Deserialize<SharedTerms>(ref reader, options)?.Model()
                : JsonSerializer.Deserialize<FiveTermLatencyModel>(ref reader, options)?.Checked();
        }

        public override void Write(Utf8JsonWriter writer, ILatencyModel value, JsonSerializerOptions options)
        {
            object written = value is SharedCacheLatencyModel shared ? SharedTerms.Of(shared) : value;
            JsonSerializer.Serialize(writer, written, written.GetType(), options);
        }

        private static bool HasTerms(ref Utf8JsonReader reader)
        {
            int outside = reader.CurrentDepth;
            while (reader.Read() && reader.CurrentDepth > outside)
            {
                if (reader.TokenType == JsonTokenType.PropertyName && reader.ValueTextEquals("terms"))
                {
                    return true;
                }
            }

            return false;
        }
    }

    /// <summary>Without <paramref name="SmallStepToken"/> c2 of small steps is that of large ones.</summary>
    private sealed record SharedTerms(FiveTermLatencyModel Terms, double SmallStepContext, double TokenContext, double? SmallStepToken = null)
    {
        public static SharedTerms Of(SharedCacheLatencyModel model) =>
            new(model.Terms, model.SmallStepContext, model.TokenContext, model.SmallStepToken);

        public SharedCacheLatencyModel Model() => new SharedCacheLatencyModel
        {
            Terms = Terms,
            SmallStepToken = SmallStepToken ?? Terms.PrefillToken,
            SmallStepContext = SmallStepContext,
            TokenContext = TokenContext,
        }.Checked();
    }
}
