using Sluice.Core.Requests;

namespace Sluice.Gateway.Admission;

/// <summary>The service classes clients may name, and the one of those who name none.</summary>
public sealed class ClassTable
{
    private readonly Dictionary<string, ServiceClass> byName;

    /// <summary>A table of classes.</summary>
    /// <param name="classes">At least one, each with its own name.</param>
    /// <param name="standard">
    /// The class of those who name none; null takes the one called <c>standard</c> or <c>default</c>, else the first.
    /// </param>
    /// <exception cref="ArgumentException">There is none, two share a name, one cannot stand in a header, or the standard one is not among them.</exception>
    public ClassTable(IReadOnlyList<ServiceClass> classes, string? standard = null)
    {
        ArgumentNullException.ThrowIfNull(classes);
        if (classes.Count == 0)
        {
            throw new ArgumentException("There are no service classes. Give at least one.");
        }

        All = [.. classes.Select(its => its.Checked())];
        byName = new Dictionary<string, ServiceClass>(StringComparer.OrdinalIgnoreCase);
        foreach (ServiceClass its in All)
        {
            if (!its.Name.All(letter => char.IsAsciiLetterOrDigit(letter) || letter is '-' or '_' or '.'))
            {
                throw new ArgumentException(
                    $"The service class `{its.Name}` cannot be named in a header. Call it with letters, digits and -_. only.");
            }

            if (!byName.TryAdd(its.Name, its))
            {
                throw new ArgumentException($"Two service classes are called `{its.Name}`. Give each its own name.");
            }
        }

        Standard = standard is null
            ? Find("standard") ?? Find("default") ?? All[0]
            : Find(standard) ?? throw new ArgumentException(
                $"No service class is called `{standard}`. Name one of {string.Join(", ", All.Select(its => its.Name))}.");
        Urgent = All.MaxBy(its => its.Weight)!;
        Patient = All.MinBy(its => its.Weight)!;
    }

    /// <summary>The classes there are when nobody says otherwise: interactive, standard and batch.</summary>
    public static IReadOnlyList<ServiceClass> Usual { get; } =
    [
        Make("interactive", 4, TimeSpan.FromMilliseconds(500), TimeSpan.FromMilliseconds(50)),
        Make("standard", 2, TimeSpan.FromSeconds(2), TimeSpan.FromMilliseconds(100)),
        Make("batch", 1, TimeSpan.FromSeconds(60), TimeSpan.FromMilliseconds(500)) with { TimeToLive = TimeSpan.FromMinutes(10) },
    ];

    /// <summary>All of them, as they were given.</summary>
    public IReadOnlyList<ServiceClass> All { get; }

    /// <summary>The class of those who name none.</summary>
    public ServiceClass Standard { get; }

    /// <summary>The weightiest, the first of several.</summary>
    public ServiceClass Urgent { get; }

    /// <summary>The least weighty, the first of several.</summary>
    public ServiceClass Patient { get; }

    /// <summary>A class by its name in whatever case; null when there is none.</summary>
    public ServiceClass? Find(string name) => byName.GetValueOrDefault(name);

    private static ServiceClass Make(string name, double weight, TimeSpan firstToken, TimeSpan nextToken) =>
        new() { Name = name, Weight = weight, Slo = new Slo(firstToken, nextToken) };
}
