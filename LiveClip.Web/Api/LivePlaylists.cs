using System.Collections.Concurrent;
using System.Globalization;
using System.Runtime.CompilerServices;
using LiveClip.Core.Catalog;
using LiveClip.Core.Live;
using LiveClip.Core.Recordings;
using Microsoft.AspNetCore.Http.HttpResults;

namespace LiveClip.Web.Api;

/// <summary>
/// A recording's media playlist as it is asked for: by the delivery directives of RFC 8216bis §6.2.5 it may wait for what comes next, and
/// leave out what is known. With <c>lowLatency=false</c> it lists whole segments only, for players that share few connections.
/// </summary>
internal sealed class LivePlaylists(LiveWindows windows, LiveWaiting waiting, RecordingTimelines timelines)
{
    private const string Segment = "_HLS_msn";
    private const string Part = "_HLS_part";
    private const string Skip = "_HLS_skip";
    private const string LowLatency = "lowLatency";

    /// <summary>An answer that waited is as good for all who ask the same a moment later, in target durations (RFC 8216bis §6.2.5.2).</summary>
    private const int CachedTargetDurations = 6;

    // What hundreds ask for at once is made once.
    private readonly ConditionalWeakTable<RecordingTimeline, ConcurrentDictionary<(string, PlaylistForm), Lazy<PlaylistResult>>> _made = [];
    private readonly ConditionalWeakTable<Recording, ConcurrentDictionary<string, OlderSegments>> _older = [];

    /// <param name="prefix">What stands before <c>{run}/{number}.m4s</c> in the addresses, relative to the playlist's own.</param>
    public async Task<IResult> AnswerAsync(
        HttpContext http, RecordingTimeline timeline, string prefix, bool isWhole, CancellationToken cancellationToken)
    {
        var faults = new List<ApiFieldError>();
        var position = ReadPosition(http.Request.Query, faults);
        var inParts = Choice(http.Request.Query, LowLatency, ["true"], ["false"], faults) ?? true;
        var isDelta = Choice(http.Request.Query, Skip, ["YES", "v2"], [], faults) ?? false;
        if (faults.Count > 0)
        {
            return BadRequest(faults);
        }

        var window = timeline.OnAir ? windows.Find(timeline.Recording.Id) : null;
        window?.Audience.Seen(http.Connection.RemoteIpAddress, http.Request.Headers.UserAgent);
        if (position is not null && window is not null)
        {
            if (window.Snapshot().IsTooFarAhead(position))
            {
                return BadRequest([new(position.Part is null ? Segment : Part, "lies further ahead than anybody can know of")]);
            }

            var wait = await waiting.UntilAsync(window, now => now.Holds(position), cancellationToken);
            if (wait is LiveWait.TooMany or LiveWait.TooLate)
            {
                return Later(http, wait);
            }

            timeline = await timelines.FindAsync(timeline.Recording.Id, cancellationToken) ?? timeline;
        }

        var form = (isWhole ? PlaylistForm.Whole : 0) | (inParts ? PlaylistForm.Parts : 0) | (isDelta ? PlaylistForm.Delta : 0);
        SetCaching(http, timeline, position is null ? 1 : CachedTargetDurations * (timeline.TargetDuration ?? 10));
        return Of(timeline, prefix, form);
    }

    /// <summary>One second, as a rule: a proxy in front serves any number of viewers, and none of them later than that.</summary>
    public static void SetCaching(HttpContext http, RecordingTimeline timeline, int liveSeconds = 1) =>
        http.Response.Headers.CacheControl = string.Create(
            CultureInfo.InvariantCulture, $"{PlaybackApi.Audience(http)}, max-age={(timeline.OnAir ? liveSeconds : 60)}");

    /// <summary>Of what waited in vain, or could not wait.</summary>
    public static IResult Later(HttpContext http, LiveWait wait)
    {
        http.Response.Headers.RetryAfter = "1";
        return ApiResults.Error(
            StatusCodes.Status503ServiceUnavailable,
            "unavailable",
            wait == LiveWait.TooMany ? "Too many requests wait for this stream." : "It did not come in time.");
    }

    private PlaylistResult Of(RecordingTimeline timeline, string prefix, PlaylistForm form) => _made.GetOrCreateValue(timeline)
        .GetOrAdd((prefix, form), _ => new Lazy<PlaylistResult>(() => Make(timeline, prefix, form)))
        .Value;

    private PlaylistResult Make(RecordingTimeline timeline, string prefix, PlaylistForm form)
    {
        var older = timeline.OnAir && form.HasFlag(PlaylistForm.Whole)
            ? _older.GetOrCreateValue(timeline.Recording).GetOrAdd(prefix, _ => new OlderSegments())
            : null;
        return new PlaylistResult(RecordingPlaylist.Of(timeline, prefix, form, older).ToString());
    }

    private static PlaylistPosition? ReadPosition(IQueryCollection query, List<ApiFieldError> faults)
    {
        var (segment, part) = (ReadNumber(query, Segment, faults), ReadNumber(query, Part, faults));
        if (part is not null && segment is null)
        {
            faults.Add(new ApiFieldError(Part, $"needs {Segment} too"));
        }

        return segment is { } number ? new PlaylistPosition(number, part is { } index ? (int)Math.Min(index, int.MaxValue) : null) : null;
    }

    private static long? ReadNumber(IQueryCollection query, string name, List<ApiFieldError> faults)
    {
        if (!query.TryGetValue(name, out var text))
        {
            return null;
        }

        if (long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number))
        {
            return number;
        }

        faults.Add(new ApiFieldError(name, "must be a whole number that is not negative"));
        return null;
    }

    private static bool? Choice(IQueryCollection query, string name, string[] yes, string[] no, List<ApiFieldError> faults)
    {
        if (!query.TryGetValue(name, out var text))
        {
            return null;
        }

        if (yes.Contains(text.ToString()) || no.Contains(text.ToString()))
        {
            return yes.Contains(text.ToString());
        }

        faults.Add(new ApiFieldError(name, $"must be {string.Join(" or ", yes.Concat(no))}"));
        return null;
    }

    private static JsonHttpResult<ApiErrorResponse> BadRequest(IReadOnlyList<ApiFieldError> faults) =>
        ApiResults.Error(StatusCodes.Status400BadRequest, "bad request", null, faults);
}
