using LiveClip.Core.Samples;

namespace LiveClip.Tests.Samples;

/// <summary>Lets a parser refuse its input in its own words; any other exception fails the test.</summary>
internal static class Refusal
{
    public static void OfSample(Action parse)
    {
        try
        {
            parse();
        }
        catch (SampleFormatException)
        {
            // The one way to say no.
        }
    }
}
