import styles from './dashboard.module.css';

/** The shape of the dashboard while the first answer is on its way. */
export function DashboardSkeleton() {
  return (
    <div aria-busy="true">
      <div className={styles.head}>
        <div>
          <h1>Studio</h1>
          <p className={styles.sum}>Loading…</p>
        </div>
      </div>
      <div className={styles.list}>
        <div className={styles.bone} />
        <div className={styles.bone} />
      </div>
    </div>
  );
}
