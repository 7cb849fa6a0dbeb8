using System.Globalization;
using Rescan.Functions.Storage;
using Rescan.Local.Runtime.Durable;
using Rescan.Tests.Integration.DurableTaskSqlite;
using Rescan.Tests.Integration.Runtime.Hosting;

namespace Rescan.Tests.Integration.Storage;

/// <summary>What every adapter of the table must do: the stores are written against these.</summary>
public abstract class TableTests<T> : TableTestBase<T>
    where T : TestTable, new()
{
    private const string Partition = "p";

    [Fact]
    public async Task A_row_is_inserted_once_and_read_by_every_worker()
    {
        Assert.Null(await Table.GetAsync(Partition, "a", default));
        Assert.True(await InsertAsync("a", "one"));
        Assert.False(await InsertAsync("a", "two"));
        Assert.Equal("one", (await Tested.Other.GetAsync(Partition, "a", default))!.Value);
        Assert.Null(await Table.GetAsync("other", "a", default));
    }

    [Fact]
    public async Task A_row_is_replaced_only_by_who_knows_it_as_it_is()
    {
        await InsertAsync("a", "one");
        TableRow first = (await Table.GetAsync(Partition, "a", default))!;
        Assert.True(await Tested.Other.TryWriteAsync(Partition, [TableChange.Replace(first, "one")], default));

        Assert.False(await WriteAsync(TableChange.Replace(first, "two")));
        Assert.False(await WriteAsync(TableChange.Delete(first)));
        TableRow second = (await Table.GetAsync(Partition, "a", default))!;
        Assert.NotEqual(first.ETag, second.ETag);
        Assert.True(await WriteAsync(TableChange.Replace(second, "two")));
        Assert.Equal("two", (await Table.GetAsync(Partition, "a", default))!.Value);
    }

    [Fact]
    public async Task A_row_that_was_deleted_and_inserted_again_is_another_one()
    {
        await InsertAsync("a", "one");
        TableRow first = (await Table.GetAsync(Partition, "a", default))!;
        Assert.True(await WriteAsync(TableChange.Delete(first)));
        await InsertAsync("a", "one");

        Assert.False(await WriteAsync(TableChange.Replace(first, "two")));
    }

    [Fact]
    public async Task What_is_missing_is_neither_replaced_nor_deleted_but_put()
    {
        await InsertAsync("a", "one");
        TableRow gone = (await Table.GetAsync(Partition, "a", default))!;
        await WriteAsync(TableChange.Delete("a"));

        Assert.False(await WriteAsync(TableChange.Replace(gone, "two")));
        Assert.False(await WriteAsync(TableChange.Delete("a")));
        Assert.False(await WriteAsync(TableChange.Delete(gone)));
        Assert.False(await WriteAsync(TableChange.Insert("b", ""), TableChange.Delete("a")));
        Assert.True(await WriteAsync(TableChange.Put("a", "three")));
        Assert.True(await WriteAsync(TableChange.Put("a", "four")));
        Assert.Equal(["a=four"], await AllAsync(KeyRange.All));
    }

    [Fact]
    public async Task A_transaction_makes_all_of_its_changes_or_none()
    {
        await WriteAsync(TableChange.Insert("a", "one"), TableChange.Insert("b", "one"));
        TableRow a = (await Table.GetAsync(Partition, "a", default))!;

        Assert.False(
            await WriteAsync(
                TableChange.Replace(a, "two"), TableChange.Delete("b"), TableChange.Put("c", "two"), TableChange.Delete("missing")));
        Assert.False(await WriteAsync(TableChange.Insert("c", "two"), TableChange.Insert("b", "two")));
        Assert.Equal(["a=one", "b=one"], await AllAsync(KeyRange.All));

        Assert.True(await WriteAsync(
            TableChange.Replace(a, "two"), TableChange.Delete("b"), TableChange.Put("c", "two"), TableChange.Insert("d", "two")));
        Assert.Equal(["a=two", "c=two", "d=two"], await AllAsync(KeyRange.All));
        Assert.False(await WriteAsync(TableChange.Put("c", "three"), TableChange.Replace(a, "three")));
        Assert.Equal(["a=two", "c=two", "d=two"], await AllAsync(KeyRange.All));
    }

    [Fact]
    public async Task A_query_takes_a_range_in_the_order_of_keys_up_to_a_limit()
    {
        foreach (string part in (string[])["b", "a", "ab", "A", "9", "a-1", "a.1", "a_1", "ä", "~", "a/b"])
        {
            await WriteAsync(TableChange.Insert(TableKey.Of("k", part), part), TableChange.Insert(TableKey.Of("l", part), part));
        }

        await WriteAsync(TableChange.Insert("k", "no part"), TableChange.Insert("k-", "another kind"));
        List<string> expected = [
            .. ((string[])["b", "a", "ab", "A", "9", "a-1", "a.1", "a_1", "ä", "~", "a/b"]).OrderBy(
                p => TableKey.Of(p), StringComparer.Ordinal)];
        List<TableRow> rows = await Table.QueryAsync(Partition, KeyRange.Of("k"), int.MaxValue, default).ToListAsync();

        Assert.Equal(expected, rows.Select(r => r.Value));
        Assert.Equal(
            expected.Skip(3).Take(4),
            (await Table.QueryAsync(Partition, KeyRange.Of("k").From(rows[2].Key), 4, default).ToListAsync()).Select(r => r.Value));
        Assert.Empty(await AllAsync(KeyRange.Of("k").From(rows[^1].Key)));
        Assert.Empty(await AllAsync(KeyRange.Of("none")));
    }

    [Fact]
    public async Task A_query_goes_on_beyond_a_page()
    {
        string[] keys = [.. Enumerable.Range(0, 1250).Select(TableKey.Ascending)];
        foreach (string[] some in keys.Chunk(TableLimits.Changes))
        {
            Assert.True(await WriteAsync([.. some.Select(k => TableChange.Insert(k, k))]));
        }

        Assert.Equal(keys, (await Table.QueryAsync(Partition, KeyRange.All, int.MaxValue, default).ToListAsync()).Select(r => r.Value));
        Assert.Equal(1100, await Table.QueryAsync(Partition, KeyRange.All, 1100, default).CountAsync());
        Assert.Equal(3, await Table.QueryAsync(Partition, KeyRange.All, 3, default).CountAsync());
    }

    [Fact]
    public async Task Keys_may_be_made_of_any_text()
    {
        string[] texts =
        [
            "", "/", "\\", "#", "?", "%", "'", "''", "\"", "!", "=", "=0041", "A", "\0", "\n", "\u007f", "\u0085", "ß", "ss", "İ", "💾",
            "\ud800", "\udc00", "\ufffd",
            new string('x', 2000), new string('x', 2001), new string('é', 300), "key with blanks",
        ];
        foreach (string text in texts)
        {
            Assert.True(await InsertAsync(TableKey.Of(text, "1"), ""), $"'{text}' is taken for another.");
            Assert.True(await Table.TryWriteAsync(TableKey.Of("of", text), [TableChange.Insert("a", "")], default));
        }

        foreach (string text in texts)
        {
            Assert.NotNull(await Table.GetAsync(Partition, TableKey.Of(text, "1"), default));
            Assert.NotNull(await Table.GetAsync(TableKey.Of("of", text), "a", default));
        }
    }

    [Theory]
    [InlineData("", 1)]
    [InlineData("\ud83d\udcbe", 60_000)]
    [InlineData("x\ud83d\udcbe", 60_000)]
    [InlineData("{\"a\":\"\\u0041\"}", 20_000)]
    [InlineData("\u0001\u001f\u007f\ufffe", 1000)]
    [InlineData("z", TableLimits.ValueCharacters)]
    public async Task Values_come_back_as_they_were(string text, int times)
    {
        string value = string.Concat(Enumerable.Repeat(text, times));
        Assert.True(await InsertAsync("a", value));

        Assert.Equal(value, (await Tested.Other.GetAsync(Partition, "a", default))!.Value);
        Assert.Equal(value, Assert.Single(await Table.QueryAsync(Partition, KeyRange.All, 2, default).ToListAsync()).Value);
        Assert.True(await WriteAsync(TableChange.Put("a", "short")));
        Assert.Equal("short", (await Table.GetAsync(Partition, "a", default))!.Value);
    }

    [Fact]
    public async Task Unpaired_surrogates_become_replacement_characters()
    {
        Assert.True(await InsertAsync("a", "x\ud800y\udc00"));
        Assert.Equal("x\ufffdy\ufffd", (await Table.GetAsync(Partition, "a", default))!.Value);
    }

    [Fact]
    public async Task The_largest_transaction_is_taken_and_a_larger_one_refused()
    {
        string large = new('文', TableLimits.TransactionCharacters / TableLimits.Changes);
        TableChange[] most = [.. Enumerable.Range(0, TableLimits.Changes).Select(i => TableChange.Insert(TableKey.Ascending(i), large))];
        Assert.True(await WriteAsync(most));

        await Assert.ThrowsAsync<ArgumentException>(() => WriteAsync());
        await Assert.ThrowsAsync<ArgumentException>(() => WriteAsync([.. most, TableChange.Insert("a", "")]));
        await Assert.ThrowsAsync<ArgumentException>(() => WriteAsync(TableChange.Put("a", ""), TableChange.Put("a", "")));
        await Assert.ThrowsAsync<ArgumentException>(
            () => WriteAsync(TableChange.Put("a", new string('x', TableLimits.ValueCharacters + 1))));
        await Assert.ThrowsAsync<ArgumentException>(
            () => WriteAsync(TableChange.Put("a", new string('x', 400_000)), TableChange.Put("b", new string('x', 400_000))));
        await Assert.ThrowsAsync<ArgumentException>(() => WriteAsync(TableChange.Put(new string('a', TableLimits.KeyCharacters + 1), "")));
    }

    [Fact]
    public async Task Of_many_writers_at_once_one_wins_each_round()
    {
        await InsertAsync("a", "0");
        for (int round = 1; round <= 5; round++)
        {
            TableRow row = (await Table.GetAsync(Partition, "a", default))!;
            string next = round.ToString(CultureInfo.InvariantCulture);
            bool[] won = await Task.WhenAll(Enumerable.Range(0, 8).Select(i => Task.Run(() =>
                (i % 2 == 0 ? Table : Tested.Other).TryWriteAsync(
                    Partition, [TableChange.Replace(row, next), TableChange.Insert($"by-{round}", $"{i}")], default))));
            Assert.Single(won, w => w);
            Assert.Equal(
                Array.IndexOf(won, true).ToString(CultureInfo.InvariantCulture),
                (await Table.GetAsync(Partition, $"by-{round}", default))!.Value);
        }
    }

    private Task<bool> InsertAsync(string key, string value) => WriteAsync(TableChange.Insert(key, value));

    private Task<bool> WriteAsync(params TableChange[] changes) => Table.TryWriteAsync(Partition, changes, default);

    private async Task<List<string>> AllAsync(KeyRange range) =>
        await Table.QueryAsync(Partition, range, int.MaxValue, default).Select(r => $"{r.Key}={r.Value}").ToListAsync();
}

public sealed class AzureTableTests : TableTests<AzureTestTable>
{
    [Fact]
    public async Task A_table_of_a_newer_version_is_refused()
    {
        await Table.TryWriteAsync(TableSchema.Partition, [TableChange.Put(TableSchema.Key, "99")], default);

        Assert.Contains(
            "newer version", (await Assert.ThrowsAsync<OutcomeStoreException>(() => Tested.Other.GetAsync("p", "a", default))).Message,
            StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_table_deleted_while_in_use_is_trouble_and_no_condition()
    {
        await Table.OpenAsync(default);
        await Tested.Client.DeleteAsync();

        await Assert.ThrowsAnyAsync<Azure.RequestFailedException>(() => Table.TryWriteAsync("p", [TableChange.Insert("a", "")], default));
        await Assert.ThrowsAnyAsync<Azure.RequestFailedException>(
            () => Table.TryWriteAsync("p", [TableChange.Insert("a", ""), TableChange.Insert("b", "")], default));
    }
}

public sealed class MemoryTableTests : TableTests<MemoryTestTable>;

public sealed class SqliteTableTests : TableTests<SqliteTestTable>
{
    [Fact]
    public async Task A_table_of_a_newer_version_is_refused()
    {
        await Table.TryWriteAsync(TableSchema.Partition, [TableChange.Put(TableSchema.Key, "99")], default);

        Assert.Contains(
            "newer version", (await Assert.ThrowsAsync<OutcomeStoreException>(() => Tested.Reader.GetAsync("p", "a", default))).Message,
            StringComparison.Ordinal);
        await Tested.CloseAsync();
        await Tested.OpenAsync();
        Assert.Contains(
            "newer version", (await Assert.ThrowsAsync<OutcomeStoreException>(() => Table.OpenAsync(default))).Message,
            StringComparison.Ordinal);
    }

    [Fact]
    public async Task Who_does_not_own_the_file_reads_what_the_owner_writes()
    {
        Assert.Null(await Tested.Reader.GetAsync("p", "a", default));
        await Table.TryWriteAsync("p", [TableChange.Insert("a", "one")], default);

        Assert.Equal("one", (await Tested.Reader.GetAsync("p", "a", default))!.Value);
    }

    [Fact]
    public async Task Writes_at_the_same_time_share_transactions()
    {
        Task<bool>[] writes = [
            .. Enumerable.Range(0, 500).Select(i => Table.TryWriteAsync("p", [TableChange.Insert(TableKey.Ascending(i), "")], default))];

        Assert.All(await Task.WhenAll(writes), Assert.True);
        Assert.InRange(Tested.Transactions, 1, 250);
    }

    [Fact]
    public async Task A_file_deleted_while_in_use_acknowledges_nothing()
    {
        await Table.TryWriteAsync("p", [TableChange.Insert("a", "")], default);
        File.Delete(Tested.File);

        Assert.Contains(
            "deleted or moved while in use",
            (await Assert.ThrowsAsync<OutcomeStoreException>(
                () => Table.TryWriteAsync("p", [TableChange.Insert("b", "")], default))).Message, StringComparison.Ordinal);
        await Tested.CloseAsync();
        Assert.Contains("is missing", (await Assert.ThrowsAsync<TaskHubException>(Tested.OpenAsync)).Message, StringComparison.Ordinal);
    }
}
