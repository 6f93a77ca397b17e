using System.Collections.Concurrent;
using System.Net;
using LiveClip.Core.Mp4;
using LiveClip.Core.Samples;

namespace LiveClip.Tests.Support;

/// <summary>
/// A player that follows one playlist to its end, holds the rules of RFC 8216bis against each reading, and fetches at once whatever is
/// listed anew: every segment, and every part where it plays at low latency.
/// </summary>
/// <param name="kind">How it asks for the playlist.</param>
/// <param name="fetched">What other viewers of the same recording have fetched already.</param>
internal sealed class HlsViewer(HttpClient http, Uri address, HlsViewing kind, ConcurrentDictionary<Uri, Task> fetched)
{
    /// <summary>What a picture's length is rounded by, in a part and in what is said of it.</summary>
    private const double Rounding = 0.006;

    private static readonly TimeSpan PollInterval = TimeSpan.FromMilliseconds(20);

    private readonly Dictionary<Uri, byte[]> _parts = [];
    private (Uri Address, Task<HttpResponseMessage> Answer)? _hinted;
    private long _lastSeen = -1;
    private double _seenUpTo;

    public HlsFollower Follower { get; } = new(new Uri(address, address.AbsolutePath), isRealTime: false);

    public string Kind => $"{kind}";

    /// <summary>Where what it has seen and fetched ends, in seconds since the first segment that it saw.</summary>
    public double SeenUpTo => Volatile.Read(ref _seenUpTo);

    public int Parts { get; private set; }

    public int Segments { get; private set; }

    /// <summary>Whole playlists that were fetched at the place that delta updates had led to.</summary>
    public int Compared { get; private set; }

    /// <summary>How often the server was not there.</summary>
    public int Failures { get; private set; }

    /// <summary>Comes back when the playlist says that it is over.</summary>
    public async Task FollowAsync(CancellationToken cancellationToken)
    {
        while (Follower.Known is not { Ended: true })
        {
            try
            {
                await LookAsync(cancellationToken);
            }
            catch (HttpRequestException)
            {
                // The server is down. What only its memory had is gone; all that is listed when it is back can be had.
                Failures++;
                _hinted = null;
                await Task.Delay(PollInterval, cancellationToken);
            }
        }
    }

    private async Task LookAsync(CancellationToken cancellationToken)
    {
        var isDelta = kind != HlsViewing.Plain && Follower.Known is not null;
        var query = string.Join('&', [.. KindOfQuery(), .. isDelta ? PositionQuery() : []]);
        using var answer = await http.GetAsync(new Uri(address, "?" + query), cancellationToken);
        if (answer.StatusCode != HttpStatusCode.OK)
        {
            // For three target durations nothing has come: the encoder is away.
            var isLate = answer.StatusCode == HttpStatusCode.ServiceUnavailable && isDelta;
            if (!isLate)
            {
                Follower.Fail(HlsRule.Available, $"{query}: {answer.StatusCode} {await answer.Content.ReadAsStringAsync(cancellationToken)}");
            }

            await Task.Delay(PollInterval, cancellationToken);
            return;
        }

        var asked = isDelta ? Place() : (-1, -1);
        Follower.Read(await answer.Content.ReadAsStringAsync(cancellationToken));
        var now = Follower.Known!;
        if (!now.Ended && Place() is var place && (place.Segment < asked.Segment || (place.Segment == asked.Segment && place.Part <= asked.Part)))
        {
            Follower.Fail(HlsRule.Blocking, $"asked for {asked}, then expected {place}");
        }

        await FetchAsync(now, cancellationToken);
        if (kind != HlsViewing.Plain && Follower.Readings % 50 == 0 && !now.Ended)
        {
            Compared += Follower.Compare(await http.GetStringAsync(new Uri(address, "?" + string.Join('&', KindOfQuery())), cancellationToken)) ? 1 : 0;
        }

        if (kind == HlsViewing.Plain)
        {
            await Task.Delay(PollInterval, cancellationToken);
        }
    }

    private string[] KindOfQuery() => kind switch
    {
        HlsViewing.Plain => ["lowLatency=false"],
        HlsViewing.Dvr => ["dvrMode=true"],
        _ => [],
    };

    private string[] PositionQuery()
    {
        var (segment, part) = Place();
        return kind == HlsViewing.Parts
            ? [$"_HLS_msn={segment}", $"_HLS_part={part}", "_HLS_skip=YES"]
            : [$"_HLS_msn={segment}", "_HLS_skip=YES"];
    }

    /// <summary>Of what comes next.</summary>
    private (long Segment, int Part) Place() =>
        (Follower.Known!.LastNumber + 1, kind == HlsViewing.Parts ? Follower.Known.Open?.Parts.Count ?? 0 : 0);

    private async Task FetchAsync(HlsReading now, CancellationToken cancellationToken)
    {
        var fresh = now.Segments.Where(segment => segment.Number > _lastSeen).ToList();
        if (kind == HlsViewing.Parts)
        {
            foreach (var segment in now.Open is { } open ? fresh.Append(open) : fresh)
            {
                await FetchPartsAsync(segment, cancellationToken);
            }

            Hint(now, cancellationToken);
        }

        foreach (var segment in fresh)
        {
            await OnceAsync(segment.Map!, () => GetAsync(segment.Map!, cancellationToken));
            if (segment.Gap)
            {
                // As players do that know nothing of gaps.
                var nothing = await GetAsync(segment.Address!, cancellationToken);
                Require(nothing.Length == 0, HlsRule.Content, $"{segment.Address} is a gap and has {nothing.Length} bytes");
                continue;
            }

            await (kind == HlsViewing.Parts
                ? FetchSegmentAsync(segment, now, cancellationToken)
                : OnceAsync(segment.Address!, () => FetchSegmentAsync(segment, now, cancellationToken)));
        }

        _lastSeen = now.LastNumber;
        Volatile.Write(ref _seenUpTo, _seenUpTo + (double)fresh.Sum(segment => segment.Duration ?? 0));
    }

    private async Task FetchPartsAsync(HlsMedia segment, CancellationToken cancellationToken)
    {
        foreach (var part in segment.Parts.Where(part => !part.Gap && !_parts.ContainsKey(part.Address!)))
        {
            var bytes = _hinted is { } hinted && hinted.Address == part.Address
                ? await ReadAsync(part.Address, hinted.Answer, cancellationToken)
                : await GetAsync(part.Address!, cancellationToken);
            _parts[part.Address!] = bytes;
            Parts++;
            CheckMedia(part.Address!, bytes, part.Duration, part.Independent);
        }
    }

    /// <summary>Asks for the part that is hinted at: the server answers when it is there.</summary>
    private void Hint(HlsReading now, CancellationToken cancellationToken)
    {
        if (now.NextPart is { } next && _hinted?.Address != next)
        {
            _hinted = (next, http.GetAsync(next, cancellationToken));
        }
    }

    private async Task FetchSegmentAsync(HlsMedia segment, HlsReading now, CancellationToken cancellationToken)
    {
        var bytes = await GetAsync(segment.Address!, cancellationToken);
        Segments++;
        CheckMedia(segment.Address!, bytes, segment.Duration!.Value, isIndependent: now.Find("EXT-X-INDEPENDENT-SEGMENTS") is not null);
        if (kind == HlsViewing.Parts && segment.Parts.Count > 0 && segment.Parts.Sum(part => part.Duration) >= segment.Duration - (decimal)Rounding)
        {
            var parts = segment.Parts.SelectMany(part => _parts[part.Address!]);
            Require(parts.SequenceEqual(bytes), HlsRule.Bytes, $"{segment.Address}");
        }

        // Their names are kept, so that none is fetched twice.
        segment.Parts.ToList().ForEach(part => _parts[part.Address!] = []);
    }

    private async Task OnceAsync(Uri what, Func<Task> fetch)
    {
        try
        {
            await fetched.GetOrAdd(what, _ => fetch());
        }
        catch (HttpRequestException)
        {
            fetched.TryRemove(what, out _);
            throw;
        }
    }

    private Task<byte[]> GetAsync(Uri what, CancellationToken cancellationToken) => ReadAsync(what, http.GetAsync(what, cancellationToken), cancellationToken);

    private async Task<byte[]> ReadAsync(Uri what, Task<HttpResponseMessage> asked, CancellationToken cancellationToken)
    {
        using var answer = await asked;
        Require(answer.StatusCode == HttpStatusCode.OK, HlsRule.Available, $"{what}: {answer.StatusCode}");
        return await answer.Content.ReadAsByteArrayAsync(cancellationToken);
    }

    private void CheckMedia(Uri what, byte[] bytes, decimal duration, bool isIndependent)
    {
        var index = SegmentIndex.Scan(bytes);
        var pictures = index.Fragments.SelectMany(fragment => fragment.Samples).Where(sample => sample.TrackId == VideoTrack.TrackId).ToList();
        var length = pictures.Sum(picture => (long)picture.Duration) / 90_000.0;
        var begins = pictures is [{ IsSync: true }, ..];
        Require(
            index.ValidLength == bytes.Length && Math.Abs(length - (double)duration) < Rounding && (begins || !isIndependent),
            HlsRule.Content, $"{what}: {index.ValidLength} of {bytes.Length} bytes, {length} s for {duration} s, a sync sample: {begins}");
    }

    private void Require(bool holds, string rule, string where)
    {
        if (!holds)
        {
            Follower.Fail(rule, where);
        }
    }
}

/// <summary>What a viewer of a broadcast asks for.</summary>
internal enum HlsViewing
{
    /// <summary>The last minute in parts, waiting for each, in delta updates.</summary>
    Parts,

    /// <summary>The whole broadcast, waiting for each segment, in delta updates.</summary>
    Dvr,

    /// <summary>The last minute in segments, asked for again and again.</summary>
    Plain,
}
