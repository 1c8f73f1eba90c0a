"""What is said of groups of tags and of single rows, in English and Chinese."""

from __future__ import annotations

from collections.abc import Mapping

GROUP_REMARKS: Mapping[str, tuple[str, str]] = {
    "no_road": ("no road for a fire engine", "不是消防车可用的道路"),
    "not_there": ("not built yet, or no longer there", "尚未建成或已废止"),
    "underground": ("below ground or inside a building: another level than the site's", "位于地下或建筑内，与场地不在同一层"),
    "unknown_road": ("this value is not known: not taken for a road", "未知的取值，未作为道路"),
    "drivable_only": ("drivable, but neither judged nor marked", "可通行，但不评判也不施划"),
    "admitted": ("taken for a fire lane because another tag lets vehicles in", "因另有允许机动车通行的标签，作为消防车道"),
    "doubled": ("lies in a surveyed outline, which is the road", "位于已有路面轮廓内，以轮廓为准"),
    "bridge": ("on a bridge: what it crosses is not told", "位于桥上，其下方净空未知"),
    "broken": ("its outline is broken or not complete", "轮廓断开或不完整"),
    "kerb": ("kerbs are mapped here and there only: the layer stays not surveyed", "路缘石只有零星数据，该图层仍按未调查处理"),
    "harmless": ("no obstacle", "不构成障碍"),
    "off_road": ("not on a drivable road", "不在可通行道路上"),
    "unknown_barrier": ("this value is not known: taken as other", "未知的取值，按其他障碍物处理"),
    "roof": ("a roof one may drive beneath: taken as overhead, not as a building", "可从下方通行的顶棚，按上方障碍物处理"),
    "no_building": ("no building", "不是建筑"),
    "car_park": ("a car park: drivable ground, but its roads and bays are mapped on their own or not at all", "停车场：可行驶，但其中的道路与泊位另行绘制或未绘制"),
    "no_area": ("only a point: no outline", "只有点，没有轮廓"),
    "no_places": ("its nodes are not in the file", "文件中缺少其节点"),
    "no_limit": ("says that there is no limit", "注明无限制"),
    "door": ("the door of a building, no entrance of the site", "建筑的门，不是场地出入口"),
}  # fmt: skip

ROW_REMARKS: Mapping[str, tuple[str, str]] = {
    "width_not_understood": ("the width is not understood: it is not known", "宽度无法理解，按未知处理"),
    "width_smallest": ("several widths are told: the smallest was taken", "给出多个宽度，取最小值"),
    "width_limit": ("maxwidth:physical is less than the width, or stands instead of it, and was taken for it", "maxwidth:physical 小于宽度或未填宽度，以其作为宽度"),
    "maxwidth_unused": ("a sign limits the width of vehicles: that tells no width of the road, and was not used", "有限宽标志，不代表路面宽度，未采用"),
    "gap_unused": ("maxwidth tells the free width, but the width of the road is not known: it was not used", "maxwidth 给出可通行宽度，但路面宽度未知，未采用"),
    "gap": ("maxwidth tells the free width: it was left free in the middle of the road", "按 maxwidth 在路中留出可通行宽度"),
    "length_not_understood": ("a length is not understood: it is not known", "长度值无法理解，按未知处理"),
    "height_not_understood": ("the height limit is not understood: the clear height is not known", "限高无法理解，净空高度按未知处理"),
    "height_smallest": ("several heights are told: the smallest was taken", "给出多个高度，取最小值"),
    "height_sign": ("only a sign tells the height (maxheight): it was taken for the clear height", "只有限高标志（maxheight），以其作为净空高度"),
    "height_word": ("something hangs above, but its height is told by a word, not a number: the clear height is not known", "上方有物体，但高度未给出数值，净空高度未知"),
    "height_missing": ("a passage or roof whose clear height is not told: it is not known", "过街楼、门洞或顶棚未填净空高度，按未知处理"),
    "outline_broken": ("the outline is broken, not closed or not complete in the file: left out", "轮廓断开、未闭合或数据不完整，已略去"),
    "nodes_missing": ("nodes are missing in the file: only the pieces that are there were taken", "文件缺少部分节点，只采用现有部分"),
    "opened": ("it goes through the node of a gate or another passage on a road, and was opened there", "经过道路上的门或通道节点，已在该处断开"),
    "across": ("it crosses a road, and no gate is mapped there: is one missing, or has the road changed?", "横穿道路且未绘制门，是否漏绘？"),
    "row_of_them": ("one point stands for whatever closes the road there: how much is left beside it is not mapped", "一个点代表此处的全部隔离设施，两侧剩余宽度未知"),
    "foot_gate": ("a gate or turnstile for people on foot stands on a drivable road", "可通行道路上设有行人门或闸机"),
    "twice": ("the same id stands in the file more than once: the first was taken", "同一编号在文件中重复出现，取第一个"),
    "over": ("it crosses above another road: on one plane both would be one pavement, so its width was not used", "从另一条道路上方跨过：同一平面上两者会合成一片路面，故未采用其宽度"),
    "below": ("roads below ground or inside buildings were left out", "位于地下或建筑内的道路已略去"),
}  # fmt: skip
