using System.Net;
using LiveClip.Tests.Support;
using Xunit;

namespace LiveClip.Tests.Api;

public sealed class ClipReportApiTests(RecordedServer recorded) : IClassFixture<RecordedServer>
{
    private HttpClient Api => recorded.Server.Process.Api;

    [Fact]
    public async Task A_ready_clip_tells_what_was_asked_for_and_what_its_file_holds()
    {
        // 30 pictures a second, a sync sample each: 8 encoded up to 2 s, and copied from there.
        var clip = await recorded.Over.ClipAsync(1.75, 5);

        var report = (await Api.GetAnswerAsync($"/v1/clips/{clip.GetProperty("clipId").GetString()}/report")).Data;

        Assert.Equal(clip.GetProperty("clipId").GetGuid(), report.GetProperty("clipId").GetGuid());
        var (asked, made) = (report.GetProperty("requested"), report.GetProperty("delivered"));
        Assert.Equal((157_500, 1.75m), (
            asked.GetProperty("in").GetProperty("ticks").GetInt64(), asked.GetProperty("in").GetProperty("seconds").GetDecimal()));
        Assert.Equal(5m, asked.GetProperty("out").GetProperty("seconds").GetDecimal());
        Assert.Equal(1.767m, made.GetProperty("in").GetProperty("seconds").GetDecimal());
        Assert.Equal(5m, made.GetProperty("out").GetProperty("seconds").GetDecimal());
        Assert.Equal(
            TimeSpan.FromSeconds(3.233),
            made.GetProperty("out").GetProperty("utc").GetDateTimeOffset() - made.GetProperty("in").GetProperty("utc").GetDateTimeOffset());
        Assert.Equal(1.767, report.GetProperty("firstPicture").GetInt64() / 90_000.0, 0.0001);
        Assert.Equal(4.967, report.GetProperty("lastPicture").GetInt64() / 90_000.0, 0.0001);
        Assert.Equal((90, 7), (report.GetProperty("framesCopied").GetInt32(), report.GetProperty("framesEncoded").GetInt32()));
        Assert.Equal("30/1", report.GetProperty("frameRate").GetString());
        var joint = Assert.Single(report.GetProperty("joints").EnumerateArray());
        Assert.Equal((0.233, "encoded-copied"), (joint.GetProperty("seconds").GetDouble(), joint.GetProperty("kind").GetString()));
        Assert.Equal(0, report.GetProperty("gaps").GetArrayLength());
        Assert.Equal(0, report.GetProperty("audioOffset").GetDouble());
        foreach (var step in new[] { "wait", "plan", "encode", "copy", "verify" })
        {
            Assert.True(report.GetProperty("milliseconds").GetProperty(step).GetDouble() > 0, step);
        }
    }

    [Fact]
    public async Task There_is_no_report_of_what_is_not_there()
    {
        Assert.Equal(HttpStatusCode.NotFound, (await Api.GetAnswerAsync($"/v1/clips/{Guid.NewGuid()}/report")).Status);
        Assert.Equal(HttpStatusCode.NotFound, (await Api.GetAnswerAsync("/v1/clips/none/report")).Status);
        var clip = await recorded.Over.ClipAsync(1, 2);
        var path = $"/v1/clips/{clip.GetProperty("clipId").GetString()}";
        await Api.DeleteAnswerAsync(path);
        Assert.Equal(HttpStatusCode.NotFound, (await Api.GetAnswerAsync($"{path}/report")).Status);
    }
}
