#include "serve/api/partial_events.h"

#include <fmt/format.h>

#include "serve/api/test_world.h"

namespace lockstep::serve {
namespace {

using testing::HasSubstr;

struct Row {
  const char* description;
  EventKind kind;
  const char* subject;
  const char* nodes;
  const char* part;  ///< null: he hears nothing
};

TEST_F(ApiTest, WhoSeesSomeClassesHearsOfThemAlone) {
  raise(1, {""}, "login");
  raise(2, {""}, "compute");
  raise(3, {""}, "compute+login");
  const Row rows[] = {
      {"of his node", EventKind::alert_raised, "A-9", "login1", "login1"},
      {"of others too", EventKind::alert_resolved, "A-9", "login1,node[1-3]", "login1"},
      {"of others", EventKind::alert_changed, "A-9", "node[1-3]", nullptr},
      {"of a node that nobody knows", EventKind::alert_changed, "A-9", "gone1", nullptr},
      {"of what cannot be read", EventKind::alert_changed, "A-9", "node[1", nullptr},
      {"of his class", EventKind::alert_raised, "A-1", "", ""},
      {"of another class", EventKind::alert_raised, "A-2", "", nullptr},
      {"of several classes", EventKind::alert_raised, "A-3", "", ""},
      {"of no alert that there is", EventKind::alert_raised, "A-77", "", nullptr},
      {"a sweep of all", EventKind::sweep_ended, "5", "login1,node[1-4]", "login1"},
      {"a sweep of others", EventKind::sweep_ended, "5", "node[1-4]", nullptr},
      {"a pass of an instance", EventKind::run_ended, "fast", "", nullptr},
      {"a change of an instance", EventKind::instance_changed, "fast", "", nullptr},
      {"his profile", EventKind::profile_approved, "login", "", ""},
      {"on another network", EventKind::profile_approved, "login@hsn", "", ""},
      {"another profile", EventKind::profile_approved, "compute", "", nullptr},
      {"what waits of his", EventKind::profile_waiting, "login", "", ""},
      {"what waits of another", EventKind::profile_waiting, "compute", "", nullptr},
      {"what was not learned of his", EventKind::profile_not_learned, "login@hsn", "", ""},
  };
  const control::ClusterView& view = *live_->current()->view;
  PartialEvents partial;
  std::int64_t id = 100;
  for (const Row& row : rows) {
    SCOPED_TRACE(row.description);
    const Event event{++id, world_->time, row.kind, row.subject, row.nodes};
    const auto part = part_of(event, {"login"}, view);
    EXPECT_EQ(part.has_value(), row.part != nullptr);
    EXPECT_EQ(part ? part->nodes : "", row.part == nullptr ? "" : row.part);
    const std::string text = partial.text_of(event, {"login"}, view);
    EXPECT_EQ(text, part ? event_text(*part) : "");
    EXPECT_EQ(partial.text_of(event, {"login"}, view), text) << "by the second listener";
    EXPECT_EQ(partial.text_of(event, {"compute", "login"}, view).empty(),
              row.kind == EventKind::run_ended || row.kind == EventKind::instance_changed ||
                  std::string_view(row.subject) == "A-77" ||
                  std::string_view(row.nodes) == "gone1" ||
                  std::string_view(row.nodes) == "node[1");
  }
}

TEST_F(ApiTest, TheStreamOfWhoSeesSomeClassesIsCut) {
  const HttpResponse all = ask("GET", "/events", token(Role::viewer));
  EXPECT_EQ(all.event_text, nullptr);
  const HttpResponse part = ask("GET", "/events", token(Role::viewer, {"login"}));
  ASSERT_EQ(part.status, 200U);
  ASSERT_NE(part.event_text, nullptr);
  FeedEvent event;
  event.id = event.about.id = 7;
  event.about.nodes = "login1,node1";
  EXPECT_THAT(part.event_text(event), HasSubstr(R"("nodes":"login1")"));
  event.id = event.about.id = 8;
  event.about.nodes = "node1";
  EXPECT_EQ(part.event_text(event), "");
}

}  // namespace
}  // namespace lockstep::serve
