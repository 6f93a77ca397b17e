using LiveClip.Core.Catalog;
using LiveClip.Core.Mp4;
using LiveClip.Core.Recordings;
using LiveClip.Core.Samples;
using Microsoft.EntityFrameworkCore;

namespace LiveClip.Core.Upkeep;

/// <summary>Compares one recording's files with its rows. Looks only; what it finds knows how to mend itself.</summary>
internal sealed class RecordingCheck(SegmentStore store, Recording recording, IReadOnlyList<RecordedSegment> rows)
{
    private readonly List<Finding> _findings = [];
    private readonly Dictionary<long, RecordedSegment> _rows = rows.ToDictionary(row => row.Number);

    private Guid Id => recording.Id;

    public IReadOnlyList<Finding> Run()
    {
        var runs = recording.Runs.OrderBy(run => run.Number).ToList();
        runs.ForEach(CheckInit);
        var unknown = FindRuns(runs);

        var files = store.List(Id).ToLookup(file => file.Run, file => file.Number);
        foreach (var row in rows.Where(row => !files[row.Run].Contains(row.Number)))
        {
            _findings.Add(new Finding(NameOf(row.Run, row.Number), null, "missing, and the catalog has it")
            {
                TakesRow = true,
                Mend = context => RemoveAsync(context, row.Number),
            });
        }

        foreach (var run in runs)
        {
            CheckAnchors(run, CheckSegments(run, files[run.Number]));
        }

        // Entered with the anchors that its files tell.
        unknown.ForEach(run => RecordingIndex.AddAnchors(run, CheckSegments(run, files[run.Number])));
        CheckOrder();
        return _findings;
    }

    private void CheckInit(Run run)
    {
        var name = SegmentStore.InitName(Id, run.Number);
        Task WriteAsync(CatalogDbContext context)
        {
            store.CreateRun(Id, run.Number, run.Init);
            return Task.CompletedTask;
        }

        if (store.ReadInit(Id, run.Number) is not { } init)
        {
            _findings.Add(new Finding(name, null, "missing") { Mend = WriteAsync });
        }
        else if (!init.AsSpan().SequenceEqual(run.Init))
        {
            var place = init.AsSpan().CommonPrefixLength(run.Init);
            _findings.Add(new Finding(name, place, "differs from what the catalog has") { Mend = WriteAsync });
        }
    }

    /// <summary>Runs that the catalog does not have. A folder without media is none.</summary>
    private List<Run> FindRuns(List<Run> known)
    {
        var found = new List<Run>();
        foreach (var number in store.ListRuns(Id).Where(number => known.TrueForAll(run => run.Number != number)))
        {
            var name = SegmentStore.InitName(Id, number);
            if (TryReadRun(number, out var fault) is { } run)
            {
                found.Add(run);
                _findings.Add(new Finding(name, null, "its run is not in the catalog")
                {
                    Mend = context => context.Runs.AddAsync(run).AsTask(),
                });
            }
            else if (store.List(Id).Any(file => file.Run == number))
            {
                _findings.Add(new Finding(name, null, $"{fault}, and its run is not in the catalog"));
            }
        }

        return found;
    }

    private Run? TryReadRun(int number, out string fault)
    {
        fault = "missing";
        try
        {
            if (store.ReadInit(Id, number) is not { } init)
            {
                return null;
            }

            var run = RecordingIndex.ReadRun(init);
            fault = $"belongs to run {run.Number} of recording {run.RecordingId}";
            return (run.RecordingId, run.Number) == (Id, number) ? run : null;
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException or Mp4FormatException or SampleFormatException)
        {
            fault = $"cannot be read: {error.Message}";
            return null;
        }
    }

    /// <returns>The run's files, as far as they can be read.</returns>
    private List<SegmentFile> CheckSegments(Run run, IEnumerable<long> numbers)
    {
        var files = numbers.Select(number => TryRead(run, number)).OfType<SegmentFile>().ToList();
        var expected = RecordingIndex.SegmentsOf(run, files).ToDictionary(segment => segment.Number);
        for (var i = 0; i < files.Count; i++)
        {
            var row = _rows.GetValueOrDefault(files[i].Number);
            if (files[i].Fragments.Count == 0)
            {
                FindForeign(run, files[i], row);
            }
            else if (row is null)
            {
                FindUnknown(run, files[i], expected[files[i].Number]);
            }
            else
            {
                // Before a hole nobody can say any more where the pictures ended.
                var isBeforeHole = i + 1 < files.Count && files[i + 1].Number != files[i].Number + 1;
                Compare(run, files[i], row, expected[files[i].Number], withDuration: !isBeforeHole);
            }
        }

        var target = files.Select(file => file.TargetDuration).FirstOrDefault(seconds => seconds is not null);
        if (recording.TargetDuration is null && target is not null)
        {
            recording.TargetDuration = target;
            _findings.Add(new Finding(SegmentStore.InitName(Id, run.Number), null, $"the catalog lacks the target duration of {target} s")
            {
                Mend = context => context.Recordings.Where(stored => stored.Id == Id)
                    .ExecuteUpdateAsync(stored => stored.SetProperty(r => r.TargetDuration, target)),
            });
        }

        return files;
    }

    /// <summary>Whether the catalog has each segment at the UTC that its own box says.</summary>
    private void CheckAnchors(Run run, List<SegmentFile> files)
    {
        var told = RecordingIndex.ReadRun(run.Init);
        RecordingIndex.AddAnchors(told, files);
        var wrong = files.SelectMany(file => file.Fragments).Select(fragment => fragment.Identity)
            .Where(fragment => (run.WallClockAt(fragment.TimelineStart) - told.WallClockAt(fragment.TimelineStart)).Duration().Ticks > 1)
            .Select(fragment => (SegmentIdentity?)fragment).FirstOrDefault();
        if (wrong is { } first)
        {
            _findings.Add(new Finding(
                NameOf(run.Number, first.Number),
                null,
                $"begins at {first.WallClock:O}, but the catalog says {run.WallClockAt(first.TimelineStart):O}")
            {
                Mend = context => context.Runs.Where(stored => stored.RecordingId == Id && stored.Number == run.Number)
                    .ExecuteUpdateAsync(stored => stored.SetProperty(r => r.Anchors, told.Anchors)),
            });
        }
    }

    private SegmentFile? TryRead(Run run, long number)
    {
        try
        {
            using var bytes = store.Open(Id, run.Number, number);
            return bytes is null ? null : RecordingIndex.ReadSegment(run, number, bytes.Index, bytes.Length);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            _findings.Add(new Finding(NameOf(run.Number, number), null, $"cannot be read: {error.Message}"));
            return null;
        }
    }

    private void FindForeign(Run run, SegmentFile file, RecordedSegment? row) =>
        _findings.Add(new Finding(NameOf(run.Number, file.Number), 0, "holds no whole fragment of this segment")
        {
            TakesFile = true,
            TakesRow = row is not null,
            Mend = context =>
            {
                store.SetAside(Id, run.Number, file.Number);
                return RemoveAsync(context, file.Number);
            },
        });

    private void FindUnknown(Run run, SegmentFile file, RecordedSegment segment) =>
        _findings.Add(new Finding(NameOf(run.Number, file.Number), file.IsTorn ? file.ValidLength : null, file.IsTorn
            ? $"a torn tail of {file.Length - file.ValidLength} bytes, and not in the catalog"
            : "not in the catalog")
        {
            Mend = async context =>
            {
                Cut(run, file);
                await context.Segments.AddAsync(segment);
            },
        });

    private void Compare(Run run, SegmentFile file, RecordedSegment row, RecordedSegment expected, bool withDuration)
    {
        Task MendAsync(CatalogDbContext context)
        {
            Cut(run, file);
            context.Segments.Update(expected);
            return Task.CompletedTask;
        }

        var name = NameOf(run.Number, file.Number);
        if (file.ValidLength < row.Length)
        {
            _findings.Add(new Finding(
                name, file.ValidLength, $"damaged from here on: {row.Length} bytes are in the catalog, {file.Length} there")
            {
                Mend = MendAsync,
            });
        }
        else if (file.ValidLength > row.Length)
        {
            _findings.Add(new Finding(name, row.Length, $"goes on behind what the catalog has, to byte {file.ValidLength}")
            {
                Mend = MendAsync,
            });
        }
        else if (file.IsTorn)
        {
            _findings.Add(new Finding(name, file.ValidLength, $"a torn tail of {file.Length - file.ValidLength} bytes")
            {
                Mend = context =>
                {
                    Cut(run, file);
                    return Task.CompletedTask;
                },
            });
        }
        else if ((row.Start, row.StartsWithSync) != (expected.Start, expected.StartsWithSync)
            || (withDuration && row.Duration != expected.Duration))
        {
            _findings.Add(new Finding(
                name, null, $"lasts from {expected.Start} to {expected.End}, but the catalog says {row.Start} to {row.End}")
            {
                Mend = MendAsync,
            });
        }
    }

    private void CheckOrder()
    {
        foreach (var (before, after) in rows.Zip(rows.Skip(1)))
        {
            if (after.Start < before.End || after.Run < before.Run)
            {
                _findings.Add(new Finding(
                    NameOf(after.Run, after.Number),
                    null,
                    $"begins at {after.Start}, before segment {before.Number} ends at {before.End}"));
            }
        }
    }

    private void Cut(Run run, SegmentFile file)
    {
        if (file.IsTorn)
        {
            store.Truncate(Id, run.Number, file.Number, file.ValidLength);
        }
    }

    private Task<int> RemoveAsync(CatalogDbContext context, long number) =>
        context.Segments.Where(segment => segment.RecordingId == Id && segment.Number == number).ExecuteDeleteAsync();

    private string NameOf(int run, long number) => SegmentStore.SegmentName(Id, run, number);
}
