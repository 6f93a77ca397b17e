using System.Data.Common;
using LiveClip.Core.Catalog;
using LiveClip.Core.Clips;
using LiveClip.Core.Mp4;
using LiveClip.Core.Recordings;
using LiveClip.Core.Samples;
using Microsoft.EntityFrameworkCore;

namespace LiveClip.Core.Upkeep;

/// <summary>
/// Verifies a data directory: the database itself, each row's file, each file's row, and the clips. A repair mends what is safe and never
/// deletes media; it takes nothing away when that would be more than half, since then it is rather the disk that is not there.
/// </summary>
public sealed class DataCheck(
    IDbContextFactory<CatalogDbContext> contexts, CatalogWriter catalog, SegmentStore segments, ClipStore clips)
{
    private const string Database = "liveclip.db";

    /// <summary>Whether the directory's database is of this version.</summary>
    public async Task<bool> IsCurrentAsync(CancellationToken cancellationToken)
    {
        try
        {
            await using var context = await contexts.CreateDbContextAsync(cancellationToken);
            return !(await context.Database.GetPendingMigrationsAsync(cancellationToken)).Any();
        }
        catch (DbException)
        {
            // What is wrong with it is a finding.
            return true;
        }
    }

    /// <summary>Nobody else may work on the directory meanwhile.</summary>
    public async Task<CheckReport> RunAsync(bool repair, CancellationToken cancellationToken)
    {
        var report = await LookAsync(cancellationToken);
        if (!repair)
        {
            return report;
        }

        if (RefusalOf(report) is { } refusal)
        {
            return report with { Refusal = refusal };
        }

        foreach (var finding in report.Findings)
        {
            await MendAsync(finding, cancellationToken);
        }

        return report;
    }

    private async Task<CheckReport> LookAsync(CancellationToken cancellationToken)
    {
        var findings = new List<Finding>();
        var (recordings, files, checkedClips) = (0, 0, 0);
        try
        {
            await using var context = await contexts.CreateDbContextAsync(cancellationToken);
            findings.AddRange(await CheckDatabaseAsync(context, cancellationToken));
            var known = await context.Recordings.AsNoTracking().Include(recording => recording.Runs).AsSplitQuery()
                .OrderBy(recording => recording.StartedAt).ToListAsync(cancellationToken);
            foreach (var recording in known.Concat(await FindUnknownAsync(context, known, findings, cancellationToken)))
            {
                var rows = await context.SegmentsOf(recording.Id).ToListAsync(cancellationToken);
                findings.AddRange(new RecordingCheck(segments, recording, rows).Run());
                (recordings, files) = (recordings + 1, files + rows.Count);
            }

            var ready = await context.Clips.AsNoTracking()
                .Where(clip => clip.Status == ClipStatus.Ready && clip.DeletedAt == null).ToListAsync(cancellationToken);
            findings.AddRange(ready.Where(clip => clips.FindVideo(clip.Id, clip.Version) is null).Select(OfClip));
            checkedClips = ready.Count;
        }
        catch (Exception error) when (error is DbException || IsUnreadableValue(error))
        {
            findings.Add(new Finding(Database, null, $"cannot be read any further: {error.Message}"));
        }

        return new CheckReport(recordings, files, checkedClips, findings, null);
    }

    /// <summary>SQLite keeps any text in any column: a database may be whole and hold what is no time and no id.</summary>
    private static bool IsUnreadableValue(Exception error) =>
        error is FormatException or InvalidCastException or InvalidOperationException or ArgumentException or OverflowException;

    private static async Task<IEnumerable<Finding>> CheckDatabaseAsync(CatalogDbContext context, CancellationToken cancellationToken)
    {
        var faults = await context.Database.SqlQueryRaw<string>("SELECT integrity_check AS Value FROM pragma_integrity_check")
            .ToListAsync(cancellationToken);
        return faults.Where(fault => fault != "ok").Select(fault => new Finding(Database, null, fault));
    }

    /// <summary>
    /// Recordings that the catalog never heard of, to be entered as if on air: the next start ends them. What is left of a deleted one is
    /// told apart by the live stream's numbers, which are past it, and left alone.
    /// </summary>
    private async Task<List<Recording>> FindUnknownAsync(
        CatalogDbContext context, List<Recording> known, List<Finding> findings, CancellationToken cancellationToken)
    {
        var numbers = await context.LiveStreams
            .ToDictionaryAsync(stream => stream.Id, stream => stream.NextSegmentNumber, cancellationToken);
        var unknown = new List<Recording>();
        foreach (var id in segments.ListRecordings().Except(known.Select(recording => recording.Id)).Order())
        {
            if (FindRecording(id) is not { } recording)
            {
                if (segments.List(id).Count > 0)
                {
                    findings.Add(new Finding(
                        SegmentStore.RecordingName(id), null, "not in the catalog, and does not say of which stream it is"));
                }
            }
            else if (!numbers.TryGetValue(recording.StreamId, out var next) || recording.FirstSegmentNumber < next)
            {
                findings.Add(new Finding(SegmentStore.RecordingName(id), null, "not in the catalog: it was deleted, or its stream was"));
            }
            else
            {
                unknown.Add(recording);
                findings.Add(new Finding(SegmentStore.RecordingName(id), null, "not in the catalog")
                {
                    Mend = writing => writing.Recordings.AddAsync(RecordingIndex.ReadRecording(FirstRun(id)!)!).AsTask(),
                });
            }
        }

        return unknown;
    }

    private Recording? FindRecording(Guid id) => FirstRun(id) is { } run ? RecordingIndex.ReadRecording(run) : null;

    private Run? FirstRun(Guid id)
    {
        foreach (var number in segments.ListRuns(id))
        {
            try
            {
                if (segments.ReadInit(id, number) is { } init && RecordingIndex.ReadRun(init) is var run
                    && run.RecordingId == id && RecordingIndex.ReadRecording(run) is not null)
                {
                    return run;
                }
            }
            catch (Exception error)
                when (error is IOException or UnauthorizedAccessException or Mp4FormatException or SampleFormatException)
            {
                // The next one may say it.
            }
        }

        return null;
    }

    /// <summary>It is rendered again by the next start.</summary>
    private static Finding OfClip(Clip clip) => new(ClipStore.VideoName(clip.Id, clip.Version), null, "missing, and its clip is ready")
    {
        Mend = context => context.Clips.Where(stored => stored.Id == clip.Id)
            .ExecuteUpdateAsync(stored => stored.SetProperty(c => c.Status, ClipStatus.Queued)),
    };

    private static string? RefusalOf(CheckReport report)
    {
        var going = Math.Max(report.Findings.Count(finding => finding.TakesRow), report.Findings.Count(finding => finding.TakesFile));
        return going * 2 > report.Segments
            ? $"{going} of {report.Segments} segments would go: is the disk with the recordings there? Nothing was changed"
            : null;
    }

    private async Task MendAsync(Finding finding, CancellationToken cancellationToken)
    {
        if (finding.Mend is not { } mend)
        {
            return;
        }

        try
        {
            await catalog.WriteAsync(mend, cancellationToken);
            finding.IsMended = true;
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException or DbException or DbUpdateException)
        {
            // It stays a finding; the others may still be mended.
        }
    }
}
