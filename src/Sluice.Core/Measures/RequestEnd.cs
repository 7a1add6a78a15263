namespace Sluice.Core.Measures;

/// <summary>The one way in which a request ended.</summary>
public enum RequestEnd
{
    /// <summary>Its last token came.</summary>
    Completed,

    /// <summary>It was refused with a reason.</summary>
    Refused,

    /// <summary>Its client gave up.</summary>
    Cancelled,

    /// <summary>The run was stopped before it ended.</summary>
    Unfinished,
}
