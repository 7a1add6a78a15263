namespace Sluice.Simulation.Traces;

/// <summary>Reads numbers and times from text bytes, without rounding through floating point.</summary>
internal static class TraceNumbers
{
    /// <summary>Most tokens a prompt or an answer may have: 2²⁴, beyond every model.</summary>
    public const int MostTokens = 16_777_216;

    /// <summary>The latest time, in ticks: 2·10¹¹ seconds, beyond every date.</summary>
    public const long MostTicks = 2_000_000_000_000_000_000;

    private const int MostDigits = 18;

    /// <summary>A whole number of tokens from <paramref name="least"/>; a fraction of zeros (374.0) is allowed.</summary>
    public static bool TryTokens(ReadOnlySpan<byte> text, int least, out int tokens)
    {
        tokens = 0;
        int i = 0;
        for (; i < text.Length && char.IsAsciiDigit((char)text[i]); i++)
        {
            tokens = (tokens * 10) + (text[i] - '0');
            if (tokens > MostTokens)
            {
                return false;
            }
        }

        bool whole = i == text.Length || (text[i] == '.' && !text[(i + 1)..].ContainsAnyExcept((byte)'0'));
        return i > 0 && whole && tokens >= least;
    }

    /// <summary>A number that names a block: any whole number below 2⁶⁴.</summary>
    public static bool TryName(ReadOnlySpan<byte> text, out ulong name)
    {
        name = 0;
        foreach (byte digit in text)
        {
            uint value = (uint)(digit - '0');
            if (value > 9 || name > (ulong.MaxValue - value) / 10)
            {
                return false;
            }

            name = (name * 10) + value;
        }

        return text.Length > 0;
    }

    /// <summary>
    /// A time that is not negative, as ticks of 100 ns: a decimal number in units of 10^<paramref name="decimals"/>
    /// ticks, or a date with a time of day.
    /// </summary>
    public static bool TryTime(ReadOnlySpan<byte> text, int decimals, out long ticks)
    {
        ticks = 0;
        if (text.Length >= 19 && text[4] == '-')
        {
            return TryCalendar(text, out ticks);
        }

        long mantissa = 0;
        int digits = 0;
        int power = decimals;
        bool fraction = false;
        bool any = false;
        int i = 0;
        for (; i < text.Length; i++)
        {
            byte c = text[i];
            if (c == '.' && !fraction)
            {
                fraction = true;
            }
            else if (char.IsAsciiDigit((char)c))
            {
                any = true;
                if (digits < MostDigits)
                {
                    mantissa = (mantissa * 10) + (c - '0');
                    digits += mantissa == 0 ? 0 : 1;
                    power -= fraction ? 1 : 0;
                }
                else if (!fraction)
                {
                    power++;
                }
            }
            else
            {
                break;
            }
        }

        return any
            && (i == text.Length || TryPower(text[i..], ref power))
            && TryScale(mantissa, power, out ticks);
    }

    /// <summary>What follows the digits in scientific notation: e, maybe a sign, digits.</summary>
    private static bool TryPower(ReadOnlySpan<byte> text, ref int power)
    {
        if (text.Length < 2 || (text[0] | 0x20) != 'e')
        {
            return false;
        }

        bool negative = text[1] == '-';
        ReadOnlySpan<byte> digits = text[(negative || text[1] == '+' ? 2 : 1)..];
        if (digits.Length is 0 or > 4 || !TryName(digits, out ulong value))
        {
            return false;
        }

        power += negative ? -(int)value : (int)value;
        return true;
    }

    private static bool TryScale(long mantissa, int power, out long ticks)
    {
        ticks = mantissa;
        for (; power > 0 && ticks != 0; power--)
        {
            if (ticks > MostTicks / 10)
            {
                return false;
            }

            ticks *= 10;
        }

        for (; power < -1 && ticks != 0; power++)
        {
            ticks /= 10;
        }

        if (power == -1)
        {
            ticks = (ticks + 5) / 10;
        }

        return ticks <= MostTicks;
    }

    /// <summary>yyyy-MM-dd HH:mm:ss, maybe a fraction of a second, maybe Z or an offset such as +08:00.</summary>
    private static bool TryCalendar(ReadOnlySpan<byte> text, out long ticks)
    {
        ticks = 0;
        if (text[7] != '-' || (text[10] != ' ' && text[10] != 'T') || text[13] != ':' || text[16] != ':'
            || !TryDigits(text[..4], out int year) || !TryDigits(text[5..7], out int month)
            || !TryDigits(text[8..10], out int day) || !TryDigits(text[11..13], out int hour)
            || !TryDigits(text[14..16], out int minute) || !TryDigits(text[17..19], out int second)
            || year is < 1 or > 9998 || month is < 1 or > 12 || day < 1 || day > DateTime.DaysInMonth(year, month)
            || hour > 23 || minute > 59 || second > 60)
        {
            return false;
        }

        ticks = new DateTime(year, month, day, hour, minute, 0).Ticks + (second * TimeSpan.TicksPerSecond);
        ReadOnlySpan<byte> rest = text[19..];
        if (rest.Length > 1 && rest[0] == '.')
        {
            int end = rest[1..].IndexOfAnyExceptInRange((byte)'0', (byte)'9');
            ReadOnlySpan<byte> fraction = end < 0 ? rest : rest[..(end + 1)];
            if (!TryTime(fraction, 7, out long part))
            {
                return false;
            }

            ticks += part;
            rest = rest[fraction.Length..];
        }

        if (rest.Length == 0 || rest.SequenceEqual("Z"u8))
        {
            return true;
        }

        if (rest.Length != 6 || (rest[0] != '+' && rest[0] != '-') || rest[3] != ':'
            || !TryDigits(rest[1..3], out int hours) || !TryDigits(rest[4..6], out int minutes)
            || hours > 15 || minutes > 59)
        {
            return false;
        }

        long offset = ((hours * 60) + minutes) * TimeSpan.TicksPerMinute;
        ticks -= rest[0] == '+' ? offset : -offset;
        return ticks >= 0;
    }

    private static bool TryDigits(ReadOnlySpan<byte> text, out int value)
    {
        bool read = TryName(text, out ulong name);
        value = (int)name;
        return read;
    }
}
