namespace LiveClip.Tests.Support;

/// <summary>
/// Holds the rules of RFC 8216bis against one media playlist, as a client sees it. What changes from one reading to the next is
/// <see cref="HlsFollower"/>'s to say.
/// </summary>
internal static class HlsRules
{
    /// <summary>By so much the dates of a run may step from one segment to the next, when its clock is set anew.</summary>
    private static readonly TimeSpan DateStep = TimeSpan.FromMilliseconds(100);

    /// <summary>Each date, length and part is rounded for itself.</summary>
    private static readonly TimeSpan DateRounding = TimeSpan.FromMilliseconds(5);

    private static readonly string[] SequenceTags = ["EXT-X-MEDIA-SEQUENCE", "EXT-X-DISCONTINUITY-SEQUENCE"];
    private static readonly string[] ManyTimes = ["EXT-X-DATERANGE", "EXT-X-PRELOAD-HINT"];

    /// <param name="isRealTime">The media came as fast as it plays: else runs overlap in their dates, whatever a server does.</param>
    public static List<HlsFault> Check(HlsReading playlist, bool isRealTime = true)
    {
        var faults = new List<HlsFault>();
        CheckLines(playlist, faults);
        CheckHead(playlist, faults);
        CheckEnd(playlist, faults);
        CheckSegments(playlist, faults);
        CheckDates(playlist, isRealTime, faults);
        CheckParts(playlist, faults);
        CheckControl(playlist, faults);
        return faults;
    }

    private static void CheckLines(HlsReading playlist, List<HlsFault> faults)
    {
        Require(playlist.Text.StartsWith("#EXTM3U\n", StringComparison.Ordinal), HlsRule.Lines, playlist.Text.Split('\n')[0], faults);
        Require(!playlist.Text.Any(letter => char.IsControl(letter) && letter is not '\n' and not '\r'), HlsRule.Lines, "a control character", faults);
        playlist.Strange.ToList().ForEach(line => faults.Add(new HlsFault(HlsRule.Lines, line)));
        foreach (var twice in playlist.Tags.GroupBy(tag => tag.Name).Where(tags => tags.Count() > 1 && !ManyTimes.Contains(tags.Key)))
        {
            faults.Add(new HlsFault(HlsRule.Once, twice.Key));
        }
    }

    private static void CheckHead(HlsReading playlist, List<HlsFault> faults)
    {
        // §8: decimal durations 3, byte ranges 4, init segments 6, delta updates 9.
        var version = playlist.Find("EXT-X-SKIP") is not null ? 9
            : playlist.Segments.Any(segment => segment.Map is not null) ? 6
            : playlist.Segments.Any(segment => segment.ByteRange is not null) ? 4 : 3;
        Require(playlist.Version >= version, HlsRule.Version, $"{playlist.Version} instead of {version}", faults);
        Require(playlist.TargetDuration is > 0, HlsRule.TargetDuration, "there is none", faults);
        foreach (var tag in playlist.Tags.Where(tag => tag.IsBehindMedia && SequenceTags.Contains(tag.Name)))
        {
            faults.Add(new HlsFault(HlsRule.Numbers, tag.Name));
        }

        var isCut = playlist.MediaSequence > 0 && !playlist.Ended;
        var isNumbered = playlist.Find("EXT-X-DISCONTINUITY-SEQUENCE") is not null;
        Require(!isCut || isNumbered || !AllMedia(playlist).Any(segment => segment.Discontinuity), HlsRule.DiscontinuityNumber, "there is none", faults);
        Require(playlist.Ended || playlist.Find("EXT-X-PLAYLIST-TYPE") is not { Value: "VOD" }, HlsRule.Type, "VOD", faults);
        Require(playlist.MediaSequence == 0 || playlist.Find("EXT-X-PLAYLIST-TYPE") is null || playlist.Ended, HlsRule.Type, "segments have left", faults);
        if (playlist.Find("EXT-X-START") is { } start)
        {
            var offset = start.Decimal("TIME-OFFSET");
            var most = playlist.Length - (playlist.Ended ? 0 : 3 * (playlist.TargetDuration ?? 0));
            Require(offset is { } at && Math.Abs(at) <= Math.Max(0, most), HlsRule.Start, start.Value, faults);
        }
    }

    private static void CheckEnd(HlsReading playlist, List<HlsFault> faults)
    {
        if (playlist.Ended)
        {
            Require(playlist.Open is null && playlist.Find("EXT-X-PRELOAD-HINT") is null, HlsRule.End, "there is more to come", faults);
            Require(playlist.Text.TrimEnd().EndsWith("#EXT-X-ENDLIST", StringComparison.Ordinal), HlsRule.End, "something stands behind it", faults);
        }
    }

    private static void CheckSegments(HlsReading playlist, List<HlsFault> faults)
    {
        Uri? map = null;
        foreach (var segment in playlist.Segments)
        {
            var name = $"segment {segment.Number}";
            Require(segment is { Duration: > 0, IsTwice: false }, HlsRule.Duration, name, faults);
            var rounded = Math.Round(segment.Duration ?? 0, MidpointRounding.AwayFromZero);
            Require(rounded <= (playlist.TargetDuration ?? 0), HlsRule.TargetDuration, $"{name} lasts {segment.Duration} s", faults);
            Require(segment.Map is not null, HlsRule.Map, $"{name} has none", faults);
            Require(map is null || map == segment.Map || segment.Discontinuity, HlsRule.Map, $"{name} has another one", faults);
            Require(!segment.Gap || segment.Parts.All(part => part.Gap), HlsRule.Gap, name, faults);
            map = segment.Map ?? map;
        }

        Require(playlist.Open is null or { Map: not null }, HlsRule.Map, "the segment that grows has none", faults);
        var isOther = playlist.Open is { Discontinuity: false } open && map is not null && open.Map != map;
        Require(!isOther, HlsRule.Map, "the segment that grows has another one", faults);
        var addresses = playlist.Segments.Where(segment => segment.ByteRange is null).GroupBy(segment => segment.Address).Where(same => same.Count() > 1);
        addresses.ToList().ForEach(twice => faults.Add(new HlsFault(HlsRule.Segment, $"{twice.Key} is there twice")));
    }

    private static void CheckDates(HlsReading playlist, bool isRealTime, List<HlsFault> faults)
    {
        HlsMedia? dated = null;
        var since = 0m;
        foreach (var segment in AllMedia(playlist))
        {
            Require(segment.Date is not null || segment.Gap || !segment.Discontinuity, HlsRule.Date, $"segment {segment.Number} has none", faults);
            if (segment.Date is { } date)
            {
                var off = dated is null ? TimeSpan.Zero : date - dated.Date!.Value - TimeSpan.FromSeconds((double)since);
                var isSameRun = dated?.DiscontinuityNumber == segment.DiscontinuityNumber;
                Require(!isSameRun || off.Duration() <= DateStep + DateRounding, HlsRule.Date, $"segment {segment.Number} is {off} off", faults);
                Require(!isRealTime || off > TimeSpan.FromSeconds(-1), HlsRule.Overlap, $"segment {segment.Number} is {off} early", faults);
                (dated, since) = (segment, 0);
            }

            since += segment.Duration ?? 0;
        }
    }

    private static void CheckParts(HlsReading playlist, List<HlsFault> faults)
    {
        var withParts = AllMedia(playlist).Where(segment => segment.Parts.Count > 0).ToList();
        Require(withParts.Count == 0 || playlist.PartTarget is > 0, HlsRule.PartTarget, "there is none", faults);
        var target = playlist.PartTarget ?? decimal.MaxValue;
        var isIndependent = playlist.Find("EXT-X-INDEPENDENT-SEGMENTS") is not null;
        foreach (var segment in withParts)
        {
            foreach (var part in segment.Parts)
            {
                var isShort = part.Duration < target * 0.85m && part != segment.Parts[^1] && part is { Independent: false, Gap: false };
                Require(part.Duration > 0 && part.Duration <= target && !isShort, HlsRule.PartLength, $"{part.Address} lasts {part.Duration} s", faults);
            }

            Require(!segment.IsLate, HlsRule.PartPlace, $"segment {segment.Number}", faults);
            Require(!isIndependent || segment.Parts[0].Independent || segment.Parts[0].Gap, HlsRule.Independent, $"segment {segment.Number}", faults);
            var sum = segment.Parts.Sum(part => part.Duration);
            Require(segment.Address is null || sum <= segment.Duration + 0.005m, HlsRule.PartSum, $"segment {segment.Number}: {sum} s", faults);
        }

        var addresses = withParts.SelectMany(segment => segment.Parts).Select(part => part.Address).ToList();
        Require(addresses.Distinct().Count() == addresses.Count && !addresses.Contains(null), HlsRule.PartPlace, "an address", faults);
        foreach (var hint in playlist.Tags.Where(tag => tag.Name == "EXT-X-PRELOAD-HINT"))
        {
            var isPart = hint["TYPE"] is "PART" && playlist.NextPart is not null && playlist.PartTarget is not null;
            Require(isPart && !addresses.Contains(playlist.NextPart), HlsRule.Hint, hint.Value, faults);
        }
    }

    private static void CheckControl(HlsReading playlist, List<HlsFault> faults)
    {
        var control = playlist.Control;
        var target = playlist.TargetDuration ?? 0;
        if (playlist.PartTarget is { } partTarget)
        {
            Require(control?.Decimal("PART-HOLD-BACK") >= 3 * partTarget, HlsRule.Control, $"PART-HOLD-BACK {control?["PART-HOLD-BACK"]}", faults);
        }

        Require(!(control?.Decimal("HOLD-BACK") < 3 * target), HlsRule.Control, $"HOLD-BACK {control?["HOLD-BACK"]}", faults);
        var skipUntil = control?.Decimal("CAN-SKIP-UNTIL");
        Require(!(skipUntil < 6 * target), HlsRule.Control, $"CAN-SKIP-UNTIL {skipUntil}", faults);
        if (playlist.Find("EXT-X-SKIP") is { } skip)
        {
            var listed = playlist.Segments.Sum(segment => segment.Duration ?? 0);
            Require(playlist.Skipped > 0 && skipUntil <= listed, HlsRule.Skip, $"{skip.Value}, and {listed} s are listed", faults);
        }
    }

    private static IEnumerable<HlsMedia> AllMedia(HlsReading playlist) =>
        playlist.Open is { } open ? playlist.Segments.Append(open) : playlist.Segments;

    private static void Require(bool holds, string rule, string where, List<HlsFault> faults)
    {
        if (!holds)
        {
            faults.Add(new HlsFault(rule, where));
        }
    }
}
