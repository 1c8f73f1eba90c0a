"""What is wrong with a file, in Chinese first; a library's English stands in brackets or nowhere."""

import re

import geopandas as gpd
import pytest
from shapely.geometry import box

from firelane.errors import InputError
from firelane.site import read_site
from firelane.site.causes import of_data, of_system, of_toml

ENGLISH = re.compile(r"[A-Za-z]{2,} [a-z]{2,} [A-Za-z]{2,}")
ROAD = gpd.GeoDataFrame({"id": ["R1"]}, geometry=[box(500_000, 4_620_000, 500_060, 4_620_005)], crs=32651)


def problem(folder):
    with pytest.raises(InputError) as caught:
        read_site(folder)
    return caught.value.problems[0]


def causes(problem):
    """Return the Chinese cause without what stands in brackets."""
    assert problem.message_zh
    return re.sub("（.*）", "", problem.message_zh)


@pytest.mark.parametrize(
    ("text", "zh"),
    [
        ('[site]\nname = "a\nb"\n', "无法读取：第 2 行第 10 列有语法错误"),
        ("name = 沈河\n", "无法读取：第 1 行第 8 列有语法错误"),
        ("[site", "无法读取：文件末尾有语法错误"),
        ("a = 1\na = 2\n", "无法读取：第 2 行第 6 列重复定义"),
        ("a = " + "9" * 10_000, "无法读取：其中的数字过长，或括号嵌套过深"),
        ('name = "沈河"'.encode("gb18030"), "无法读取：编码不是 UTF-8"),
    ],
)
def test_settings_are_refused_with_line_and_column(tmp_path, text, zh):
    ROAD.to_file(tmp_path / "site.gpkg", layer="roads")
    (tmp_path / "site.toml").write_bytes(text if isinstance(text, bytes) else text.encode("utf-8"))
    assert problem(tmp_path).message_zh == zh


@pytest.mark.parametrize(
    ("name", "content", "zh"),
    [
        ("roads.geojson", b'{"type":"FeatureCollection","features":[{"type":', "文件无法读取：GeoJSON 内容不完整或格式错误"),
        ("roads.geojson", b'{"type":"Nothing"}', "文件无法读取：GeoJSON 内容不完整或格式错误"),
        ("roads.parquet", b"PAR1aaaaaaaaaaPAR1", "文件无法读取：GeoParquet 内容不完整或格式错误"),
        ("m.osm", b'<osm version="0.6"><node id="1" lat=1 /></osm>', "文件无法读取：OpenStreetMap 内容不完整或格式错误：第 1 行第 36 列"),
        ("m.osm", b'<!DOCTYPE a [<!ENTITY b "c">]><osm version="0.6"/>', "文件无法读取：文件声明了 XML 实体，OpenStreetMap 数据中不应有"),
    ],
)
def test_damaged_data_are_refused_in_chinese(tmp_path, name, content, zh):
    (tmp_path / name).write_bytes(content)
    found = problem(tmp_path)
    assert causes(found) == zh
    assert not ENGLISH.search(causes(found))
    assert ENGLISH.search(found.message), "the English one keeps the library's words"


def test_the_system_is_heard_in_chinese():
    assert of_system(PermissionError(13, "Permission denied"))[1] == "没有读取权限"
    assert of_system(OSError(999, "Strange"))[1] == "系统读取出错（Strange）"
    assert of_system(OSError())[1] == "系统读取出错（OSError）"


def test_what_a_library_says_is_bounded():
    assert len(of_data("x" * 10_000, "GeoJSON")[1]) < 300
    assert len(of_toml(ValueError("y" * 10_000))[0]) == 200
    assert of_data("", "GeoJSON") == ("", "GeoJSON 内容不完整或格式错误")


def test_coordinates_beyond_the_globe_are_told_in_plain_words(tmp_path):
    far = ROAD.to_crs(4550)
    far.geometry = far.translate(6.6e18, 4.5e19)
    far.to_file(tmp_path / "site.gpkg", layer="roads")
    found = problem(tmp_path)
    assert "不对应地球上的任何位置，超出该坐标系适用范围" in found.message_zh
    assert "is no place on the globe, outside the area of that system" in found.message
