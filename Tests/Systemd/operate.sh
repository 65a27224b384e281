# shellcheck shell=bash
# Backup, restore and moving, by the commands that docs/OPERATING.md shows.

test_operate() {
    local name
    mkdir /backup
    printf 'two' >two
    expect 201 put one before-backup.txt
    expect 201 put one lost.txt
    expect 201 put one replaced-meanwhile.txt
    expect 201 put one removed-meanwhile.txt
    expect 201 put one replaced-later.txt
    # Then the copy has it as published.
    wait_for 20 is_checked lost.txt
    run_documented Backup
    expect "root:root 600" stat --format='%U:%G %a' /backup/ledger.sqlite
    # As if this came between the ledger and the files; of what was removed there was an older copy.
    [[ -e /backup/bucket/removed-meanwhile.txt ]] || refuse "the backup lacks a file"
    expect 204 put two replaced-meanwhile.txt
    rm "$BUCKET/removed-meanwhile.txt"
    date_copy_with replaced-meanwhile.txt
    documented Backup sh | grep '^rsync ' >copy-files
    bash -euo pipefail copy-files
    expect two cat /backup/bucket/replaced-meanwhile.txt
    expect 201 put one after-backup.txt
    expect 204 put two replaced-later.txt
    date_copy_with replaced-later.txt
    rm "$BUCKET/lost.txt"
    run_documented Restore
    compgen -G '/var/lib/bucketd/bucket.state/replaced-*/ledger.sqlite' >/dev/null ||
        refuse "the ledger that was replaced is gone"
    is_on_record before-backup.txt || refuse "the backup lacks what was stored before it"
    is_on_record after-backup.txt || refuse "what was stored after the backup was not recorded again"
    # Its inode is another: the file is read before it is known again.
    wait_for 20 is_on_record lost.txt
    for name in replaced-meanwhile.txt replaced-later.txt; do
        expect two cat "$BUCKET/$name"
        is_on_record "$name" || refuse "what replaced $name was not recorded"
    done
    expect 404 get_status files/removed-meanwhile.txt
    tested "a ledger and a file that were restored are those of the backup, and nothing newer is lost"

    # As a disk of its own would be: there already.
    mkdir -p /srv/uploads
    run_documented "Moving the bucket"
    expect 201 put one moved.txt
    [[ -e /srv/uploads/bucket/moved.txt ]] || refuse "the bucket has not moved"
    # Its inode is another: the file is read before it is known again.
    wait_for 20 is_on_record before-backup.txt
    tested "a bucket that was moved is the same bucket"
}

# date_copy_with NAME: as if it had been replaced within the second of its upload, which is all that rsync looks at unless
# it is told otherwise.
date_copy_with() { touch --date="@$(stat --format=%Y "$BUCKET/$1")" "/backup/bucket/$1"; }
