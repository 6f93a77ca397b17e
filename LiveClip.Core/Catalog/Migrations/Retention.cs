using Microsoft.EntityFrameworkCore.Infrastructure;
using Microsoft.EntityFrameworkCore.Migrations;

namespace LiveClip.Core.Catalog.Migrations;

/// <summary>How long and how much of a stream is kept, where a recording begins after that, and which clips hold it.</summary>
[DbContext(typeof(CatalogDbContext))]
[Migration("20261122100000_Retention")]
public sealed class Retention : Migration
{
    protected override void Up(MigrationBuilder migrationBuilder)
    {
        migrationBuilder.AddColumn<int>("RetentionDays", "LiveStreams", nullable: true);
        migrationBuilder.AddColumn<int>("RetentionGiB", "LiveStreams", nullable: true);
        migrationBuilder.AddColumn<long>("KeptFrom", "Recordings", nullable: false, defaultValue: 0L);
        migrationBuilder.CreateIndex("IX_Clips_RecordingId", "Clips", "RecordingId");
    }

    protected override void Down(MigrationBuilder migrationBuilder) =>
        throw new NotSupportedException("a catalog goes forward only");
}
