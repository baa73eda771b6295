#include "platform/atomic_file.h"

#include <gtest/gtest.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "tests/platform/temporary_folder.h"

namespace platform {
namespace {

using policy::ErrorCode;

std::size_t CountFiles(const std::filesystem::path& folder) {
  const std::filesystem::directory_iterator files(folder);
  return static_cast<std::size_t>(std::distance(begin(files), end(files)));
}

class AtomicFileTest : public ::testing::Test {
 protected:
  testing::TemporaryFolder folder_;
};

TEST_F(AtomicFileTest, ReadsBackWhatItWrites) {
  const std::string bytes("a\0b\n", 4);
  ASSERT_TRUE(WriteFileAtomically(folder_ / "list", bytes));
  EXPECT_EQ(ReadFile(folder_ / "list", 100).value(), bytes);
  ASSERT_TRUE(WriteFileAtomically(folder_ / "list", ""));
  EXPECT_EQ(ReadFile(folder_ / "list", 0).value(), "");
  EXPECT_EQ(CountFiles(folder_.path()), 1U);
}

TEST_F(AtomicFileTest, GivesExactlyTheModeWhateverTheUmask) {
  const mode_t before = ::umask(0077);
  ASSERT_TRUE(WriteFileAtomically(folder_ / "public", "x", 0644));
  ::umask(0);
  ASSERT_TRUE(WriteFileAtomically(folder_ / "secret", "x", 0600));
  ::umask(before);
  struct stat info {};
  ASSERT_EQ(::stat((folder_ / "public").c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 07777U, 0644U);
  ASSERT_EQ(::stat((folder_ / "secret").c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 07777U, 0600U);
}

TEST_F(AtomicFileTest, ReplacesALinkRatherThanItsTarget) {
  ASSERT_TRUE(WriteFileAtomically(folder_ / "target", "old"));
  std::filesystem::create_symlink("target", folder_ / "link");
  ASSERT_TRUE(WriteFileAtomically(folder_ / "link", "new"));
  EXPECT_EQ(ReadFile(folder_ / "target", 100).value(), "old");
  EXPECT_EQ(ReadFile(folder_ / "link", 100).value(), "new");
}

TEST_F(AtomicFileTest, LeavesNothingBehindWhenTheTargetIsAFolder) {
  std::filesystem::create_directory(folder_ / "list");
  const auto written = WriteFileAtomically(folder_ / "list", "x");
  ASSERT_FALSE(written);
  EXPECT_EQ(written.error().code, ErrorCode::not_allowed);
  EXPECT_EQ(CountFiles(folder_.path()), 1U);
}

TEST_F(AtomicFileTest, SaysWhichFolderIsMissing) {
  const auto written = WriteFileAtomically(folder_ / "none/list", "x");
  ASSERT_FALSE(written);
  EXPECT_EQ(written.error().code, ErrorCode::not_found);
  EXPECT_NE(written.error().detail.find("none/list"), std::string::npos);
}

TEST_F(AtomicFileTest, RefusesToReadMoreThanItMay) {
  ASSERT_TRUE(WriteFileAtomically(folder_ / "list", "12345"));
  EXPECT_TRUE(ReadFile(folder_ / "list", 5));
  EXPECT_EQ(ReadFile(folder_ / "list", 4).error().code, ErrorCode::exhausted);
}

TEST_F(AtomicFileTest, RefusesToReadWhatIsNoRegularFile) {
  ASSERT_EQ(::mkfifo((folder_ / "fifo").c_str(), 0600), 0);
  EXPECT_EQ(ReadFile(folder_ / "fifo", 100).error().code, ErrorCode::not_allowed);
  EXPECT_EQ(ReadFile("/dev/zero", 100).error().code, ErrorCode::not_allowed);
  EXPECT_EQ(ReadFile(folder_.path(), 100).error().code, ErrorCode::not_allowed);
  EXPECT_EQ(ReadFile(folder_ / "none", 100).error().code, ErrorCode::not_found);
}

TEST_F(AtomicFileTest, KeepsTheOldFileWhenTheDiskIsFull) {
  if (::mount("tmpfs", folder_.path().c_str(), "tmpfs", 0, "size=64k") != 0) {
    GTEST_SKIP() << "cannot mount a small tmpfs, which takes root: " << std::strerror(errno);
  }
  const auto unmount = [this](int*) { ::umount2(folder_.path().c_str(), MNT_DETACH); };
  int dummy = 0;
  const std::unique_ptr<int, decltype(unmount)> mounted(&dummy, unmount);

  ASSERT_TRUE(WriteFileAtomically(folder_ / "list", "old"));
  const auto written = WriteFileAtomically(folder_ / "list", std::string(200 * 1024, 'x'));
  ASSERT_FALSE(written);
  EXPECT_EQ(written.error().code, ErrorCode::exhausted);
  EXPECT_NE(written.error().detail.find("No space left"), std::string::npos);
  EXPECT_EQ(ReadFile(folder_ / "list", 100).value(), "old");
  EXPECT_EQ(CountFiles(folder_.path()), 1U);
}

}  // namespace
}  // namespace platform
