// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
//
// The time line as characters: what is marked where.
#include "picture.h"

#include <string.h>

static char *draw(const char *json, int width) {
  g_autoptr(JsonNode) node = json_from_string(json, NULL);
  g_assert_nonnull(node);
  EsScreen screen = {.width = width};
  return es_picture_draw(json_node_get_object(node), &screen);
}

// 40 cells of one second each: labels are nine wide ("talk-over"), five more for spaces.
#define WIDTH (9 + 5 + 40)

static void test_call(void) {
  g_autofree char *picture =
      draw("{\"audio_ms\":40000,\"audio_offset_ms\":1000,"
           "\"legs\":[{\"role\":\"caller\",\"speech\":[[0,4000],[5000,5200],[39000,50000]]},"
           "{\"role\":null,\"speech\":[[3000,9000],\"junk\",[1]]}],"
           "\"gaps\":[{\"leg\":0,\"start_ms\":10999,\"length_ms\":2,\"reason\":\"lost\"},"
           "{\"leg\":1,\"start_ms\":20000,\"length_ms\":2000,\"reason\":\"hold\"},"
           "{\"leg\":1,\"start_ms\":99000,\"length_ms\":2000,\"reason\":\"lost\"}],"
           "\"talk_over\":[[3000,4000]],\"dead_air\":[],"
           "\"events\":[{\"at_ms\":21000,\"kind\":\"hold\"},{\"at_ms\":23000,\"kind\":\"resume\"}]}",
           WIDTH);
  g_auto(GStrv) lines = g_strsplit(picture, "\n", -1);
  g_assert_cmpstr(lines[0], ==, "  caller     ####.+....XX...........................#");
  g_assert_cmpstr(lines[1], ==, "  leg 2      ...######...........~~..................");
  g_assert_cmpstr(lines[2], ==, "  talk-over     =");
  g_assert_cmpstr(lines[3], ==, "  hold                           ==");
  g_assert_cmpstr(lines[4], ==, "             |0:00     |0:10     |0:20     |0:30");
}

static void test_nothing(void) {
  static const char *const empty[] = {"{}", "{\"audio_ms\":null,\"legs\":[]}",
                                      "{\"audio_ms\":0,\"legs\":[{}]}", "{\"audio_ms\":5000}"};
  for (gsize i = 0; i < G_N_ELEMENTS(empty); i++) {
    g_autofree char *picture = draw(empty[i], 80);
    g_assert_cmpstr(picture, ==, "");
  }
}

// Lengths from a tenth of a second to a day, narrow and wide: the rows never exceed the screen.
static void test_fit(void) {
  static const gint64 lengths_ms[] = {1, 100, 1000, 61000, 3600000, 86400000};
  static const int widths[] = {40, 80, 120};
  for (gsize l = 0; l < G_N_ELEMENTS(lengths_ms); l++)
    for (gsize w = 0; w < G_N_ELEMENTS(widths); w++) {
      g_autofree char *json = g_strdup_printf(
          "{\"audio_ms\":%" G_GINT64_FORMAT ",\"legs\":[{\"speech\":[[0,1]]}]}", lengths_ms[l]);
      g_autofree char *picture = draw(json, widths[w]);
      g_auto(GStrv) lines = g_strsplit(picture, "\n", -1);
      g_assert_cmpuint(strlen(lines[0]), <=, widths[w]);
      g_assert_nonnull(strstr(lines[1], "|0:00"));
    }
}

int main(int argc, char **argv) {
  g_test_init(&argc, &argv, NULL);
  g_test_add_func("/cli/picture/call", test_call);
  g_test_add_func("/cli/picture/nothing", test_nothing);
  g_test_add_func("/cli/picture/fit", test_fit);
  return g_test_run();
}
