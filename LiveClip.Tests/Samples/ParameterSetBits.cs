using LiveClip.Core.Samples;

namespace LiveClip.Tests.Samples;

/// <summary>Parameter sets that x264 never writes, spelled out bit by bit.</summary>
internal static class ParameterSetBits
{
    /// <summary>320×180 in the High profile, with 13 bits for frame_num.</summary>
    /// <param name="pictureOrder">From pic_order_cnt_type on.</param>
    public static byte[] Sps(string pictureOrder, int referenceFrames = 4) => Unit(
        [0x67, 0x64, 0x00, 0x28], // High profile, level 4.0
        Ue(2) + Ue(1) + Ue(0) + Ue(0) + "0" + "0" // id, 4:2:0, 8 bits, no lossless mode, no scaling matrix
        + Ue(9) + pictureOrder + Ue(referenceFrames) + "0" // log2_max_frame_num_minus4, no gaps
        + Ue(19) + Ue(11) + "1" + "1" // 20×12 macroblocks, frames, direct_8x8_inference_flag
        + "1" + Ue(0) + Ue(0) + Ue(0) + Ue(6) + "0" + "1"); // cropped below, no VUI

    /// <param name="flags">Of deblocking control, constrained intra prediction, redundant pictures.</param>
    public static byte[] Pps(
        bool cabac, bool bottomFieldOrder, int references0, bool weighted, int weightedBipred, int qp, int chromaQp, string flags) => Unit(
        [0x68],
        Ue(7) + Ue(2) + Bit(cabac) + Bit(bottomFieldOrder) + Ue(0) + Ue(references0 - 1) + Ue(0)
        + Bit(weighted) + Convert.ToString(weightedBipred, 2).PadLeft(2, '0') + Se(qp - 26) + Se(0) + Se(chromaQp) + flags
        + "1" + "0" + Se(chromaQp) + "1"); // 8×8 transforms, no scaling matrix

    public static AvcConfiguration Configuration(byte[] sps, byte[] pps) => AvcConfiguration.Parse(
        (byte[])[1, sps[1], sps[2], sps[3], 0xFF, 0xE1, 0, (byte)sps.Length, .. sps, 1, 0, (byte)pps.Length, .. pps]);

    public static string Ue(int value)
    {
        var binary = Convert.ToString(value + 1, 2);
        return new string('0', binary.Length - 1) + binary;
    }

    public static string Se(int value) => Ue(value > 0 ? 2 * value - 1 : -2 * value);

    public static byte[] Unit(byte[] beginning, string bits)
    {
        var padded = bits.PadRight((bits.Length + 7) / 8 * 8, '0');
        return NalUnit.Escape([.. beginning, .. padded.Chunk(8).Select(octet => Convert.ToByte(new string(octet), 2))]);
    }

    private static string Bit(bool value) => value ? "1" : "0";
}
