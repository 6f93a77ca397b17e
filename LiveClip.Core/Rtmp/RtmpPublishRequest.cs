using System.Text;

namespace LiveClip.Core.Rtmp;

/// <summary>What an encoder asks for with connect and publish.</summary>
/// <param name="App">The application of connect, without query.</param>
/// <param name="StreamName">The stream key, without query: a secret, which the text form leaves out.</param>
/// <param name="EncoderName">What the encoder calls itself (<c>flashVer</c>), cut to 128 characters.</param>
public sealed record RtmpPublishRequest(string App, string StreamName, string? EncoderName)
{
    // Some people put the key into the server's address, where it ends up behind the application: only its first step is shown.
    private bool PrintMembers(StringBuilder builder)
    {
        builder.Append("App = ").Append(App.Split('/')[0]).Append(", StreamName = ***, EncoderName = ").Append(EncoderName);
        return true;
    }
}
