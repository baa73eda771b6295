#pragma once

#include <algorithm>
#include <cstdint>
#include <functional>
#include <map>
#include <mutex>
#include <nlohmann/json.hpp>
#include <string>
#include <utility>
#include <vector>

#include "tests/platform/fake_http_server.h"

namespace agent::feeds {

inline std::string HttpAnswer(const std::string& status, const std::string& body,
                              const std::string& headers = "") {
  return "HTTP/1.1 " + status + "\r\nContent-Length: " + std::to_string(body.size()) + "\r\n" +
         headers + "Connection: close\r\n\r\n" + body;
}

// Answers POST /attributes/restSearch as a MISP server does: by key, filters and pages.
class FakeMisp {
 public:
  using Json = nlohmann::json;

  FakeMisp()
      : server_([this](platform::testing::FakeHttpServer::Connection& connection) {
          const std::string head = connection.ReadHead();
          connection.Send(Answer(head, connection.ReadBody(head)));
        }) {}

  std::string Url() const { return server_.Url(); }

  // Sets members of an attribute, which is made if there is none of the UUID. `number` is its last
  // digits.
  void Put(int number, const Json& members) {
    const std::lock_guard lock(mutex_);
    Json& attribute = attributes_[number];
    if (attribute.is_null()) {
      std::string digits = std::to_string(number);
      digits.insert(0, 12 - digits.size(), '0');
      attribute = {{"uuid", "5c7cdc3b-2f40-4dca-8200-" + digits},
                   {"type", "domain"},
                   {"value", "n" + std::to_string(number) + ".example"},
                   {"to_ids", true},
                   {"deleted", false},
                   {"timestamp", "1773500000"},
                   {"Event", {{"id", "7"}, {"uuid", "5abf6421-c1b8-477b-a9d2-9c0902de0b81"}}}};
    }
    attribute.update(members);
  }
  void Remove(int number) {
    const std::lock_guard lock(mutex_);
    attributes_.erase(number);
  }
  void SetDate(std::string date) {
    const std::lock_guard lock(mutex_);
    date_ = std::move(date);
  }
  // What this page of each search is answered with instead.
  void SetFault(std::int64_t page, std::string response) {
    const std::lock_guard lock(mutex_);
    faults_[page] = std::move(response);
  }
  void ClearFaults() {
    const std::lock_guard lock(mutex_);
    faults_.clear();
    repeats_ = false;
  }
  void RepeatTheFirstPage() {
    const std::lock_guard lock(mutex_);
    repeats_ = true;
  }
  std::vector<Json> TakeQueries() {
    const std::lock_guard lock(mutex_);
    return std::exchange(queries_, {});
  }

 private:
  std::string Answer(const std::string& head, const std::string& body) {
    const std::lock_guard lock(mutex_);
    const Json query = Json::parse(body, nullptr, false);
    if (head.find("Authorization: secret\r\n") == std::string::npos) {
      return HttpAnswer("403 Forbidden", R"({"name":"Authentication failed."})");
    }
    if (!head.starts_with("POST /attributes/restSearch HTTP/1.1\r\n") || !query.is_object() ||
        head.find("Content-Type: application/json\r\n") == std::string::npos) {
      return HttpAnswer("404 Not Found", "{}");
    }
    queries_.push_back(query);
    const auto page = query["page"].get<std::int64_t>();
    if (const auto fault = faults_.find(page); fault != faults_.end()) return fault->second;
    const auto limit = query["limit"].get<std::int64_t>();
    std::int64_t left_out = repeats_ ? 0 : (page - 1) * limit;
    Json found = Json::array();
    for (const auto& [number, attribute] : attributes_) {
      if (!Fits(attribute, query)) continue;
      if (left_out-- > 0) continue;
      if (std::cmp_less(found.size(), limit)) found.push_back(attribute);
    }
    return HttpAnswer("200 OK", Json{{"response", {{"Attribute", found}}}}.dump(),
                      date_.empty() ? "" : "Date: " + date_ + "\r\n");
  }

  static bool Fits(const Json& attribute, const Json& query) {
    const Json types = query["type"];
    if (std::find(types.begin(), types.end(), attribute["type"]) == types.end()) return false;
    if (attribute["deleted"].get<bool>() && !query.contains("deleted")) return false;
    if (query.value("to_ids", false) && !attribute["to_ids"].get<bool>()) return false;
    return std::stoll(attribute["timestamp"].get<std::string>()) >= query.value("timestamp", 0LL);
  }

  std::mutex mutex_;
  std::map<int, Json> attributes_;
  std::string date_ = "Sun, 15 Mar 2026 12:00:00 GMT";
  std::map<std::int64_t, std::string> faults_;
  bool repeats_ = false;
  std::vector<Json> queries_;
  platform::testing::FakeHttpServer server_;
};

// Serves files by name, with an ETag that follows their content.
class FakeFolder {
 public:
  FakeFolder()
      : server_([this](platform::testing::FakeHttpServer::Connection& connection) {
          connection.Send(Answer(connection.ReadHead()));
        }) {}

  std::string Url(const std::string& path = "/feed/") const { return server_.Url(path); }

  void Put(const std::string& name, std::string content) {
    const std::lock_guard lock(mutex_);
    files_[name] = std::move(content);
  }
  void Remove(const std::string& name) {
    const std::lock_guard lock(mutex_);
    files_.erase(name);
  }
  std::vector<std::string> TakeNames() {
    const std::lock_guard lock(mutex_);
    return std::exchange(names_, {});
  }

 private:
  std::string Answer(const std::string& head) {
    const std::lock_guard lock(mutex_);
    const std::string path = head.substr(0, head.find(" HTTP"));
    const std::string name = path.substr(path.rfind('/') + 1);
    names_.push_back(name);
    const auto file = files_.find(name);
    if (file == files_.end()) return HttpAnswer("404 Not Found", "");
    const std::string etag = "\"" + std::to_string(std::hash<std::string>{}(file->second)) + "\"";
    if (head.find("If-None-Match: " + etag) != std::string::npos) {
      return "HTTP/1.1 304 Not Modified\r\nETag: " + etag + "\r\nConnection: close\r\n\r\n";
    }
    return HttpAnswer("200 OK", file->second, "ETag: " + etag + "\r\n");
  }

  std::mutex mutex_;
  std::map<std::string, std::string> files_;
  std::vector<std::string> names_;
  platform::testing::FakeHttpServer server_;
};

}  // namespace agent::feeds
