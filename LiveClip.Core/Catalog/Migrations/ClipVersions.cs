using Microsoft.EntityFrameworkCore.Infrastructure;
using Microsoft.EntityFrameworkCore.Migrations;

namespace LiveClip.Core.Catalog.Migrations;

/// <summary>Clips have versions, gaps, a reason why they are shorter, and a time until which they can be trimmed.</summary>
[DbContext(typeof(CatalogDbContext))]
[Migration("20261122190000_ClipVersions")]
public sealed class ClipVersions : Migration
{
    protected override void Up(MigrationBuilder migrationBuilder)
    {
        migrationBuilder.AddColumn<int>("ClipHandleSeconds", "LiveStreams", nullable: false, defaultValue: 10);
        migrationBuilder.AddColumn<bool>("ShareExactOnly", "LiveStreams", nullable: false, defaultValue: false);
        migrationBuilder.AddColumn<int>("Version", "Clips", nullable: false, defaultValue: 1);
        migrationBuilder.AddColumn<string>("TrimReason", "Clips", nullable: true);
        migrationBuilder.AddColumn<string>("OnGap", "Clips", nullable: false, defaultValue: "Splice");
        migrationBuilder.AddColumn<string>("Gaps", "Clips", nullable: false, defaultValueSql: "'[]'");
        migrationBuilder.AddColumn<DateTime>("TrimmableUntil", "Clips", nullable: false, defaultValue: DateTime.UnixEpoch);
        migrationBuilder.CreateTable(
            "ClipVersions",
            table => new
            {
                ClipId = table.Column<Guid>(nullable: false),
                Number = table.Column<int>(nullable: false),
                RequestedStart = table.Column<long>(nullable: false),
                RequestedEnd = table.Column<long>(nullable: false),
                Start = table.Column<long>(nullable: false),
                End = table.Column<long>(nullable: false),
                DeliveredStart = table.Column<long>(nullable: false),
                DeliveredEnd = table.Column<long>(nullable: false),
                DeliveredFrames = table.Column<int>(nullable: false),
                Duration = table.Column<long>(nullable: false),
                Width = table.Column<int>(nullable: false),
                Height = table.Column<int>(nullable: false),
                ReadyAt = table.Column<DateTime>(nullable: false),
            },
            constraints: table =>
            {
                table.PrimaryKey("PK_ClipVersions", row => new { row.ClipId, row.Number });
                table.ForeignKey("FK_ClipVersions_Clips_ClipId", row => row.ClipId, "Clips", "Id", onDelete: ReferentialAction.Cascade);
            });

        // Those of before hold their source for the time that new ones do.
        migrationBuilder.Sql("UPDATE \"Clips\" SET \"TrimmableUntil\" = strftime('%Y-%m-%d %H:%M:%f', \"CreatedAt\", '+7 days')");
    }

    protected override void Down(MigrationBuilder migrationBuilder) =>
        throw new NotSupportedException("a catalog goes forward only");
}
