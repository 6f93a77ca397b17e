using Microsoft.EntityFrameworkCore.Infrastructure;
using Microsoft.EntityFrameworkCore.Migrations;

namespace LiveClip.Core.Catalog.Migrations;

/// <summary>Clips remember how they were cut and how long their file is.</summary>
[DbContext(typeof(CatalogDbContext))]
[Migration("20261122180000_CutReports")]
public sealed class CutReports : Migration
{
    protected override void Up(MigrationBuilder migrationBuilder)
    {
        migrationBuilder.AddColumn<long>("Length", "Clips", nullable: true);
        migrationBuilder.AddColumn<string>("Report", "Clips", nullable: true);
    }

    protected override void Down(MigrationBuilder migrationBuilder)
    {
        migrationBuilder.DropColumn("Report", "Clips");
        migrationBuilder.DropColumn("Length", "Clips");
    }
}
