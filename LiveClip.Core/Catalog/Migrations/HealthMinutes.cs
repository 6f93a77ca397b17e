using Microsoft.EntityFrameworkCore.Infrastructure;
using Microsoft.EntityFrameworkCore.Migrations;

namespace LiveClip.Core.Catalog.Migrations;

/// <summary>A row a minute of how each broadcast was.</summary>
[DbContext(typeof(CatalogDbContext))]
[Migration("20261122134500_HealthMinutes")]
public sealed class HealthMinutes : Migration
{
    protected override void Up(MigrationBuilder migrationBuilder)
    {
        migrationBuilder.CreateTable(
            "HealthMinutes",
            table => new
            {
                StreamId = table.Column<string>(nullable: false),
                Start = table.Column<DateTime>(nullable: false),
                RecordingId = table.Column<Guid>(nullable: true),
                Readings = table.Column<int>(nullable: false),
                VideoBitsPerSecond = table.Column<double>(nullable: false),
                LowestVideoBitsPerSecond = table.Column<double>(nullable: false),
                HighestVideoBitsPerSecond = table.Column<double>(nullable: false),
                AudioBitsPerSecond = table.Column<double>(nullable: false),
                FramesPerSecond = table.Column<double>(nullable: false),
                LowestFramesPerSecond = table.Column<double>(nullable: false),
                LongestGopSeconds = table.Column<double>(nullable: false),
                LargestSkewSeconds = table.Column<double>(nullable: true),
                LowestLeadSeconds = table.Column<double>(nullable: true),
                LongestDiskDelaySeconds = table.Column<double>(nullable: false),
                Repairs = table.Column<int>(nullable: false),
                Dropped = table.Column<int>(nullable: false),
                Reconnects = table.Column<int>(nullable: false),
                Issues = table.Column<string>(nullable: false),
            },
            constraints: table =>
            {
                table.PrimaryKey("PK_HealthMinutes", row => new { row.StreamId, row.Start });
                table.ForeignKey("FK_HealthMinutes_LiveStreams_StreamId", row => row.StreamId,
                    "LiveStreams", "Id", onDelete: ReferentialAction.Cascade);
            });
        migrationBuilder.CreateIndex("IX_HealthMinutes_Start", "HealthMinutes", "Start");
    }

    protected override void Down(MigrationBuilder migrationBuilder) => migrationBuilder.DropTable("HealthMinutes");
}
