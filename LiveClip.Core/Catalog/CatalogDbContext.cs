using System.Text.Json;
using Microsoft.AspNetCore.Identity;
using Microsoft.AspNetCore.Identity.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.ChangeTracking;
using Microsoft.EntityFrameworkCore.Storage.ValueConversion;

namespace LiveClip.Core.Catalog;

/// <summary>What the database remembers. Short-lived: one unit of work each, from <see cref="IDbContextFactory{TContext}"/>.</summary>
public sealed class CatalogDbContext(DbContextOptions<CatalogDbContext> options) : IdentityDbContext<IdentityUser>(options)
{
    public DbSet<LiveStream> LiveStreams => Set<LiveStream>();

    public DbSet<PlaybackId> PlaybackIds => Set<PlaybackId>();

    public DbSet<Recording> Recordings => Set<Recording>();

    public DbSet<Run> Runs => Set<Run>();

    public DbSet<RecordedSegment> Segments => Set<RecordedSegment>();

    public DbSet<Clip> Clips => Set<Clip>();

    public DbSet<ClipVersion> ClipVersions => Set<ClipVersion>();

    public DbSet<HealthMinute> HealthMinutes => Set<HealthMinute>();

    public DbSet<ApiToken> ApiTokens => Set<ApiToken>();

    /// <summary>A recording's segments in order, to be looked at only.</summary>
    public IQueryable<RecordedSegment> SegmentsOf(Guid recordingId) =>
        Segments.Where(segment => segment.RecordingId == recordingId).OrderBy(segment => segment.Number)
            .Select(segment => new RecordedSegment
            {
                // Not read: of hundreds of thousands of rows each would have the text of it parsed.
                RecordingId = recordingId,
                Number = segment.Number,
                Run = segment.Run,
                Start = segment.Start,
                Duration = segment.Duration,
                Length = segment.Length,
                StartsWithSync = segment.StartsWithSync,
            });

    protected override void OnModelCreating(ModelBuilder builder)
    {
        base.OnModelCreating(builder);

        builder.Entity<LiveStream>(stream =>
        {
            stream.Property(s => s.Id).HasMaxLength(32);
            stream.HasIndex(s => s.StreamKeyHash).IsUnique();
            stream.Property(s => s.ClipHandleSeconds)
                .HasDefaultValue(LiveStream.DefaultClipHandleSeconds).HasSentinel(LiveStream.DefaultClipHandleSeconds);
            stream.Property(s => s.ShareExactOnly).HasDefaultValue(false);
            stream.HasMany(s => s.PlaybackIds).WithOne().HasForeignKey(p => p.StreamId);
            stream.Property(s => s.Metadata).HasConversion(
                metadata => JsonSerializer.Serialize(metadata, JsonSerializerOptions.Web),
                json => JsonSerializer.Deserialize<Dictionary<string, string>>(json, JsonSerializerOptions.Web)!,
                new ValueComparer<Dictionary<string, string>>(
                    (a, b) => a!.Count == b!.Count && !a.Except(b).Any(),
                    metadata => metadata.Count,
                    metadata => new Dictionary<string, string>(metadata)));
        });
        builder.Entity<Recording>(recording =>
        {
            // Its files would stay behind: a stream goes after its recordings.
            recording.HasOne<LiveStream>().WithMany().HasForeignKey(r => r.StreamId).OnDelete(DeleteBehavior.Restrict);
            recording.HasIndex(r => new { r.StreamId, r.StartedAt });
            recording.Property(r => r.KeptFrom).HasDefaultValue(0L);
            recording.HasMany(r => r.Runs).WithOne().HasForeignKey(run => run.RecordingId);
        });
        builder.Entity<Run>(run =>
        {
            run.HasKey(r => new { r.RecordingId, r.Number });
            run.Property(r => r.Anchors).HasConversion(
                anchors => WallClockAnchor.ToBytes(anchors!),
                bytes => WallClockAnchor.FromBytes(bytes),
                // The list is replaced as a whole.
                new ValueComparer<IReadOnlyList<WallClockAnchor>?>(
                    (a, b) => ReferenceEquals(a, b), anchors => anchors!.Count, anchors => anchors));
        });
        builder.Entity<RecordedSegment>(segment =>
        {
            segment.HasKey(s => new { s.RecordingId, s.Number });
            segment.HasOne<Recording>().WithMany().HasForeignKey(s => s.RecordingId);
            segment.Ignore(s => s.End);
        });
        builder.Entity<Clip>(clip =>
        {
            // No foreign key: a clip outlives its recording.
            clip.HasIndex(c => c.Slug).IsUnique();
            clip.HasIndex(c => new { c.StreamId, c.CreatedAt });
            clip.HasIndex(c => new { c.StreamId, c.ClientId }).IsUnique();
            clip.HasIndex(c => c.Status);
            clip.HasIndex(c => c.RecordingId);
            clip.Property(c => c.Version).HasDefaultValue(1);
            clip.Property(c => c.OnGap).HasDefaultValue(OnGap.Splice);
            clip.Property(c => c.TrimmableUntil).HasDefaultValue(DateTimeOffset.UnixEpoch);
            clip.Property(c => c.Gaps).HasDefaultValueSql("'[]'").HasConversion(
                gaps => JsonSerializer.Serialize(gaps, JsonSerializerOptions.Web),
                json => JsonSerializer.Deserialize<List<ClipGap>>(json, JsonSerializerOptions.Web)!,
                // The list is replaced as a whole.
                new ValueComparer<IReadOnlyList<ClipGap>>((a, b) => ReferenceEquals(a, b), gaps => gaps.Count, gaps => gaps));
            clip.HasMany(c => c.Versions).WithOne().HasForeignKey(version => version.ClipId);
            clip.Ignore(c => c.ReadyVersions);
            clip.Ignore(c => c.NewestReady);
        });
        builder.Entity<ClipVersion>().HasKey(version => new { version.ClipId, version.Number });
        builder.Entity<HealthMinute>(minute =>
        {
            minute.HasKey(m => new { m.StreamId, m.Start });
            minute.HasOne<LiveStream>().WithMany().HasForeignKey(m => m.StreamId);
            minute.HasIndex(m => m.Start);
        });
    }

    protected override void ConfigureConventions(ModelConfigurationBuilder configurationBuilder)
    {
        // SQLite cannot order by DateTimeOffset; UTC DateTimes are stored as text that sorts.
        configurationBuilder.Properties<DateTimeOffset>().HaveConversion<UtcConverter>();
        configurationBuilder.Properties<LiveStreamStatus>().HaveConversion<string>();
        configurationBuilder.Properties<AccessPolicy>().HaveConversion<string>();
        configurationBuilder.Properties<ClipStatus>().HaveConversion<string>();
        configurationBuilder.Properties<TrimReason>().HaveConversion<string>();
        configurationBuilder.Properties<OnGap>().HaveConversion<string>();
    }

    private sealed class UtcConverter() : ValueConverter<DateTimeOffset, DateTime>(
        moment => moment.UtcDateTime,
        moment => new DateTimeOffset(DateTime.SpecifyKind(moment, DateTimeKind.Utc)));
}
