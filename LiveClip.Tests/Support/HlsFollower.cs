namespace LiveClip.Tests.Support;

/// <summary>
/// A client that reads one media playlist again and again, keeps what it knows, merges delta updates into it, and notes each rule of
/// RFC 8216bis that is broken from one reading to the next, or in one.
/// </summary>
/// <param name="isRealTime">The media comes as fast as it plays.</param>
internal sealed class HlsFollower(Uri address, bool isRealTime = true)
{
    private static readonly string[] Unchanging =
    [
        "EXT-X-VERSION", "EXT-X-TARGETDURATION", "EXT-X-PART-INF", "EXT-X-SERVER-CONTROL", "EXT-X-PLAYLIST-TYPE",
    ];

    private readonly List<HlsFault> _faults = [];

    public IReadOnlyList<HlsFault> Faults => _faults;

    /// <summary>The whole playlist, as far as it has been read.</summary>
    public HlsReading? Known { get; private set; }

    public int Readings { get; private set; }

    public int Deltas { get; private set; }

    /// <summary>What has been read is what is known from now on.</summary>
    public void Read(string text)
    {
        var read = HlsReading.Parse(text, address);
        _faults.AddRange(HlsRules.Check(read, isRealTime));
        Readings++;
        Deltas += read.Skipped > 0 ? 1 : 0;
        var whole = read.Skipped == 0 ? read : Known is null ? null : read.MergedWith(Known);
        if (whole is null)
        {
            Fail(HlsRule.Delta, $"{read.Skipped} segments from {read.MediaSequence} on are left out, and not all of them are known");
            return;
        }

        if (Known is not null)
        {
            CheckChange(Known, whole);
        }

        Known = whole;
    }

    /// <summary>Holds what delta updates have led to against the whole playlist, where that has come no further meanwhile.</summary>
    /// <returns>Whether it had not.</returns>
    public bool Compare(string text)
    {
        var whole = HlsReading.Parse(text, address);
        if (Known is not { } known || whole.LastNumber != known.LastNumber || whole.Open?.Parts.Count != known.Open?.Parts.Count)
        {
            return false;
        }

        var isSame = whole.Tags.SequenceEqual(known.Tags) && whole.NextPart == known.NextPart && whole.Segments.Count == known.Segments.Count
            && whole.Segments.Zip(known.Segments).All(pair => IsSame(pair.First, pair.Second))
            && (whole.Open is null || IsSame(whole.Open, known.Open!));
        if (!isSame)
        {
            Fail(HlsRule.Delta, $"{known.Text}\nis with what was known not\n{text}");
        }

        return true;
    }

    public void Fail(string rule, string where) => _faults.Add(new HlsFault(rule, where));

    private static bool IsSame(HlsMedia one, HlsMedia other) =>
        one with { Parts = [] } == other with { Parts = [] }
        // A reader that knew the parts of a segment before may know them longer than they are listed.
        && (one.Parts.SequenceEqual(other.Parts) || one.Parts.Count == 0);

    private void CheckChange(HlsReading before, HlsReading now)
    {
        if (before.Ended)
        {
            Require(now.Text == before.Text, HlsRule.Over, now.Text);
            return;
        }

        // A broadcast that is over is the whole recording at the same address: its beginning comes back, under the numbers that it had.
        var isWholeNow = now.Ended;
        foreach (var name in Unchanging.Where(name => !isWholeNow || name == "EXT-X-TARGETDURATION"))
        {
            Require(now.Find(name)?.Value == before.Find(name)?.Value, HlsRule.Head, $"{name}: {before.Find(name)?.Value}, {now.Find(name)?.Value}");
        }

        // Nobody knows how far apart the sync samples of tomorrow are: what is said of all segments may be taken back.
        var isSaidAnew = before.Find("EXT-X-INDEPENDENT-SEGMENTS") is null && now.Find("EXT-X-INDEPENDENT-SEGMENTS") is not null;
        Require(!isSaidAnew || isWholeNow, HlsRule.Head, "EXT-X-INDEPENDENT-SEGMENTS again");
        var (first, last) = ($"{before.MediaSequence}, {now.MediaSequence}", $"{before.LastNumber}, {now.LastNumber}");
        Require(now.MediaSequence >= before.MediaSequence || isWholeNow, HlsRule.MediaSequence, first);
        Require(now.LastNumber >= before.LastNumber, HlsRule.Removal, $"the last one: {last}");
        var isLongEnough = now.Length >= 3 * (now.TargetDuration ?? 0);
        Require(now.MediaSequence <= before.MediaSequence || isLongEnough || isWholeNow, HlsRule.Removal, $"{now.Length} s stay");
        Require(
            now.DiscontinuitySequence >= before.DiscontinuitySequence || isWholeNow, HlsRule.Discontinuities,
            $"{before.DiscontinuitySequence}, {now.DiscontinuitySequence}");
        CheckSegments(before, now);
        CheckPromise(before, now);
    }

    private void CheckSegments(HlsReading before, HlsReading now)
    {
        foreach (var old in before.Segments.Where(old => old.Number >= now.MediaSequence && old.Number <= now.LastNumber))
        {
            var same = now.Segments[(int)(old.Number - now.MediaSequence)];
            // Out of a delta update it is the very one that was known.
            if (!ReferenceEquals(old, same))
            {
                CheckSegment(old, same);
            }
        }

        if (before.Open is { } open && open.Number >= now.MediaSequence)
        {
            var same = open.Number > now.LastNumber ? now.Open : now.Segments[(int)(open.Number - now.MediaSequence)];
            if (same is null || same.Number != open.Number)
            {
                Fail(HlsRule.Parts, $"segment {open.Number} is gone with its parts");
                return;
            }

            CheckSegment(open, same with { Address = null, Duration = null, ByteRange = null });
        }
    }

    private void CheckSegment(HlsMedia before, HlsMedia now)
    {
        Require(now.DiscontinuityNumber == before.DiscontinuityNumber, HlsRule.Discontinuities, $"segment {now.Number}");
        var isSame = now with { Parts = [], DiscontinuityNumber = 0 } == before with { Parts = [], DiscontinuityNumber = 0, Discontinuity = now.Discontinuity };
        // In front of the first segment that is listed its discontinuity may be left out: it is counted.
        Require(isSame, HlsRule.Segment, $"{before} is now {now}");
        var isWhole = now.Duration is not null || before.Duration is null;
        var goesOn = now.Parts.Count >= before.Parts.Count && now.Parts.Take(before.Parts.Count).SequenceEqual(before.Parts);
        var isNew = before.Duration is not null && before.Parts.Count == 0 && now.Parts.Count > 0;
        Require((goesOn && !isNew) || (now.Parts.Count == 0 && isWhole), HlsRule.Parts, $"segment {now.Number}");
    }

    private void CheckPromise(HlsReading before, HlsReading now)
    {
        if (before.NextPart is not { } promised)
        {
            return;
        }

        var known = AllMedia(before).SelectMany(segment => segment.Parts).Select(part => part.Address).ToHashSet();
        var next = AllMedia(now)
            .SelectMany(segment => segment.Parts.Select(part => (Segment: segment, part.Address)))
            .FirstOrDefault(part => !known.Contains(part.Address));
        // Whoever comes late finds the parts of a segment gone that was not there when they came last.
        var last = AllMedia(before).LastOrDefault();
        var isNext = next.Segment is { } found && found.Number <= before.LastNumber + 1 && found.DiscontinuityNumber == last?.DiscontinuityNumber;
        Require(!isNext || next.Address == promised, HlsRule.Promise, $"{promised}, and then {next.Address}");
    }

    private static IEnumerable<HlsMedia> AllMedia(HlsReading playlist) =>
        playlist.Open is { } open ? playlist.Segments.Append(open) : playlist.Segments;

    private void Require(bool holds, string rule, string where)
    {
        if (!holds)
        {
            Fail(rule, where);
        }
    }
}
