using Xunit;

namespace LiveClip.Tests.House;

internal static class Offences
{
    /// <summary>Fails with one line for each: the runner's own list cuts them short.</summary>
    public static void None(IEnumerable<string> found)
    {
        var offences = found.ToList();
        Assert.True(offences.Count == 0, string.Join('\n', offences));
    }
}
