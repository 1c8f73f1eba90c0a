"""Every way in which a drawing of the street is spoilt, and the checks that must fail for it."""

from __future__ import annotations

WORDS = "消防车道禁止占用"


def second(words):
    """The words of the second box alone."""
    return (WORDS, words, WORDS, WORDS)


SPOILT = {
    "line_12cm": ({"width": 0.12}, {"edge_line_width"}),
    "line_18cm": ({"width": 0.18}, {"edge_line_width"}),
    "line_14cm": ({"width": 0.14}, {"edge_line_width"}),
    "offset_25cm": ({"near": 0.25}, {"edge_line_offset"}),
    "offset_45cm": ({"near": 0.45}, {"edge_line_offset"}),
    "offset_to_centre": ({"near": 0.225}, {"edge_line_offset"}),
    "gap_50cm": ({"gaps": ((30.0, 30.5),)}, {"edge_line_continuity"}),
    "gap_6cm": ({"gaps": ((30.0, 30.06),)}, {"edge_line_continuity"}),
    "thin_2m": ({"thin": ((50.0, 52.0, 0.12),)}, {"edge_line_width"}),
    "dashes": ({"gaps": tuple((x, x + 1.0) for x in range(10, 90, 4))}, {"edge_line_continuity"}),
    "side_missing": ({"north": False}, {"edge_line_continuity"}),
    "white": ({"colour": 7}, {"colour"}),
    "red": ({"colour": 1}, {"colour"}),
    "box_removed": ({"boxes": (20.0, 60.0, 80.0)}, {"box_spacing"}),
    "box_20cm_on": ({"boxes": (20.0, 40.3, 60.0, 80.0)}, {"box_spacing"}),
    "box_off_centre": ({"across": (0.0, 1.5, 0.0, 0.0)}, {"box_middle"}),
    "box_30cm_off_centre": ({"across": (0.0, 0.3, 0.0, 0.0)}, {"box_middle"}),
    "no_boxes": ({"boxes": ()}, {"box_spacing"}),
    "frame_open": ({"frame_gap": 0.4}, {"box_frame"}),
    "no_frames": ({"frameless": True}, {"box_spacing"}),
    "no_lettering": ({"text": "none"}, {"box_lettering", "grid_lettering"}),
    "character_missing": ({"words": second("消防车道禁止占")}, {"box_lettering"}),
    "characters_swapped": ({"words": second("消防道车禁止占用")}, {"box_lettering"}),
    "rows_swapped": ({"words": second("禁止占用消防车道")}, {"box_lettering"}),
    "wrong_character": ({"words": second("消防通道禁止占用")}, {"box_lettering"}),
    "mirrored": ({"mirrored": True}, {"box_lettering"}),
    "sideways": ({"turn": (0.0, 90.0, 0.0, 0.0)}, {"box_lettering"}),
    "grid_upside_down": ({"grid_turn": 180.0}, {"grid_lettering"}),
    "grid_words": ({"grid_words": "消防车道禁止占"}, {"grid_lettering"}),
    "grid_text_aside": ({"grid_text_at": (0.0, 0.6)}, {"grid_lettering"}),
    "grid_missing": ({"grids": ("W",)}, {"grid_missing"}),
    "border_15cm": ({"border": 0.15}, {"grid_border"}),
    "border_25cm": ({"border": 0.25}, {"grid_border"}),
    "border_15cm_one_side": ({"south_border": 0.15}, {"grid_border"}),
    "border_25cm_one_side": ({"south_border": 0.25}, {"grid_border"}),
    "lines_8cm": ({"line": 0.08}, {"grid_lines"}),
    "lines_12cm": ({"line": 0.12}, {"grid_lines"}),
    "angle_40": ({"angle": 40.0}, {"grid_angle"}),
    "angle_40_one_line": ({"odd_angle": 40.0}, {"grid_angle"}),
    "one_family": ({"families": (1,)}, {"grid_angle"}),
    "no_lattice": ({"families": ()}, {"grid_angle"}),
    "grid_narrow": ({"grid_width": 5.5}, {"grid_cover"}),
}
